"""Licences, citations, and what the doctor finds."""

import json
import re
import shutil
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import duckdb
import pytest

import quarrydb
from quarrydb.cli.doctor import examine
from quarrydb.errors import DatabaseError
from quarrydb.provenance.cite import Build, as_bibtex, citation, cited_works
from quarrydb.provenance.licence import (
    Source,
    frictionless,
    licence_of,
    licence_words,
    obligations,
    read_sources,
    sources_of,
    sources_of_all,
    spdx,
)

MAUS = Source("maus", "polygons", "CC BY-SA 4.0", "Maus et al. 2022")
TANG = Source("tang", "polygons", "CC BY 4.0", "Tang and Werner 2023")
LAND = Source("land", "countries", "public domain", None)
UNKNOWN = Source("mine", "polygons", None, None)
KBA = Source("kba", "protected areas", "no redistribution", None)
TRADE = Source("ntl", "indicator", "CC BY-NC 4.0", None)
ROADS = Source("osm", "polygons", "ODbL 1.0", None)
ODD = Source("basemap", "images", "the provider's", None)


@pytest.mark.parametrize(
    ("sources", "carried"),
    [
        ([TANG, MAUS, LAND], "CC BY-SA 4.0"),
        ([TANG, TANG], "CC BY 4.0"),
        ([TANG, LAND], "CC BY 4.0; public domain"),
        ([TANG, replace(TANG, licence="CC-BY-4.0")], "CC BY 4.0"),
        ([TANG, UNKNOWN], None),
        ([UNKNOWN, MAUS], None),
        ([TANG, TRADE], "CC BY-NC 4.0"),
        ([TRADE, replace(MAUS, licence="CC BY-NC-SA 4.0")], "CC BY-NC-SA 4.0"),
        ([TRADE, MAUS], None),
        ([ROADS, MAUS], None),
        ([ROADS, TANG], "ODbL 1.0"),
        ([KBA, MAUS], None),
        ([KBA, TANG], None),
        ([KBA], None),
        ([ODD, MAUS], None),
        ([ODD, TANG], "CC BY 4.0; the provider's"),
        ([replace(TANG, licence="CC BY-ND 4.0")], None),
        ([], None),
    ],
)
def test_the_strictest_licence_is_carried(sources: list[Source], carried: str | None) -> None:
    assert licence_of(sources) == carried


@pytest.mark.parametrize(
    ("licence", "says"),
    [
        ("CC BY 4.0", "permissive"),
        ("free, with attribution", "permissive"),
        ("public domain", "permissive"),
        ("CC-BY-SA-4.0", "share_alike"),
        ("Attribution-ShareAlike 4.0 International", "share_alike"),
        ("ODbL 1.0", "share_alike"),
        ("non-commercial", "non_commercial"),
        ("no commercial use", "non_commercial"),
        ("CC BY-NC-SA 4.0", "share_alike non_commercial"),
        ("non-commercial, share-alike", "share_alike non_commercial"),
        ("CC BY-NC-ND 4.0", "non_commercial kept_back"),
        ("CC BY-ND 4.0", "kept_back"),
        ("no redistribution", "kept_back"),
        ("non-redistributable", "kept_back"),
        ("not to be shared", "kept_back"),
        ("Must not be passed on.", "kept_back"),
        ("All rights reserved", "kept_back"),
        ("the provider's", ""),
        ("redistribution allowed", ""),
    ],
)
def test_what_a_licence_asks_is_read_off_its_name(licence: str, says: str) -> None:
    source = replace(TANG, licence=licence)
    kinds = ("share_alike", "non_commercial", "kept_back", "permissive")
    assert [kind for kind in kinds if getattr(source, f"is_{kind}")] == says.split()


@pytest.mark.parametrize(
    ("sources", "words"),
    [
        ([KBA, MAUS], "kba may not be passed on; what is made from maus may be passed on under"),
        ([MAUS, TRADE], "ntl may not be used commercially; what is made from maus"),
        ([MAUS, ROADS], "osm may be passed on under ODbL 1.0 only; what is made from maus"),
        ([MAUS, ODD], "basemap is under terms that quarrydb does not know (the provider's)"),
    ],
)
def test_licences_that_exclude_each_other_are_told(sources: list[Source], words: str) -> None:
    last = obligations(sources)[-1]
    assert last.startswith(words)
    assert "CC BY-SA 4.0 only" in last
    assert "quarry export --view" in last
    assert licence_words(sources) == "none, they may not be passed on as a whole"


def test_the_words_say_why_there_is_no_licence() -> None:
    assert licence_words([MAUS, TANG]) == "CC BY-SA 4.0"
    assert licence_words([MAUS, UNKNOWN]) == "not known, a source names none"
    assert licence_words([KBA, UNKNOWN]).startswith("none")
    assert "neither it nor what is made from it" in obligations([KBA])[0]


def test_the_file_of_key_biodiversity_areas_is_known(
    demo_connection: duckdb.DuckDBPyConnection,
) -> None:
    (areas,) = (s for s in read_sources(demo_connection) if s.kind == "protected areas")
    assert areas.licence == "no redistribution"
    assert areas.is_assumed
    assert areas.is_kept_back


def test_only_views_made_from_a_source_carry_its_licence() -> None:
    assert sources_of("country_summary", [MAUS, LAND]) == [MAUS, LAND]
    assert sources_of("mine_source", [MAUS, LAND]) == [MAUS]
    assert sources_of("published_figure", [MAUS, LAND]) == []
    assert sources_of_all(["mine_source", "published_figure"], [KBA, LAND, MAUS]) == [MAUS]


def test_duties_name_the_source_and_what_to_do() -> None:
    free = Source("x", "polygons", "CC BY-NC 4.0", None)
    lines = obligations([MAUS, UNKNOWN, free, Source("y", "polygons", None, None)])
    assert "maus is CC BY-SA 4.0" in lines[0]
    assert "no commercial use" in lines[1]
    assert lines[2].startswith(f"No licence is named of {UNKNOWN.name}, y: look it up")


def test_well_known_licences_have_their_spdx_name() -> None:
    assert spdx("CC BY-SA 4.0") == "CC-BY-SA-4.0"
    assert spdx("CC-BY-4.0") == "CC-BY-4.0"
    assert spdx("ask the ministry") == "other"


@pytest.mark.parametrize(
    ("licence", "name"),
    [
        ("cc by 4.0; ODbL 1.0", "CC-BY-4.0 AND ODbL-1.0"),
        ("MIT OR Apache-2.0; CC0 1.0", "(MIT OR Apache-2.0) AND CC0-1.0"),
        ("GPL-2.0-or-later WITH Classpath-exception-2.0",) * 2,
        ("public domain", "PDDL-1.0"),
        ("CC BY 4.0; ask the ministry", "other"),
        ("CC-BY-4.0 AND", "other"),
        ("AND", "other"),
        ("a(\0", "other"),
        ("(" * 5000, "other"),
        ("", "other"),
        (None, "other"),
    ],
)
def test_licences_are_spdx_expressions_or_other(licence: str | None, name: str) -> None:
    assert spdx(licence) == name


def test_a_package_names_each_licence_with_its_page() -> None:
    known, expression, own = frictionless("CC BY 4.0; MIT OR ISC; ask")
    assert known["path"] == "https://spdx.org/licenses/CC-BY-4.0.html"
    assert expression == {"name": "MIT OR ISC", "title": "MIT OR ISC"}
    assert own == {"name": "ask", "title": "ask"}


def test_a_publishers_licence_stands_in_where_the_project_names_none(
    demo_connection: duckdb.DuckDBPyConnection,
) -> None:
    maus = next(s for s in read_sources(demo_connection) if s.name == "maus")
    assert maus.is_share_alike


def test_citations_name_the_build_and_every_source(
    demo_connection: duckdb.DuckDBPyConnection,
) -> None:
    (fingerprint,) = demo_connection.execute("SELECT fingerprint FROM build_info").fetchone() or ()
    for form in ("text", "bibtex", "json"):
        text = citation(demo_connection, form)
        assert fingerprint[:12] in text
        assert "10.1038/s41893-025-01668-9" in text
        assert "Earth System Science Data" in text
    assert [item["id"] for item in json.loads(citation(demo_connection, "json"))][1:] == [
        "xu2025",
        "sepin2025",
    ]
    with pytest.raises(DatabaseError, match="Format word is unknown"):
        citation(demo_connection, "word")


def test_bibtex_has_an_entry_for_each_work() -> None:
    """A yearly series is one work, what is said of it is escaped, and its DOI is a field."""
    said = "Smith & Co. 2020, 50% of it, https://doi.org/10.1594/PANGAEA.942325."
    sources = [
        *(Source(f"watch {year}", "footprint", "CC BY 4.0", None) for year in (2018, 2019)),
        Source("maus", "polygons", "CC BY-SA 4.0", said),
    ]
    assert list(cited_works(sources)) == ["watch", "maus"]
    text = as_bibtex(Build("p_1", "0.1.0", "a" * 64, datetime(2026, 1, 2)), sources)
    assert re.findall(r"^@(\w+)\{(\w+),", text, re.MULTILINE) == [
        ("misc", f"quarrydb_{'a' * 12}"),
        ("misc", "watch"),
        ("misc", "maus"),
        ("article", "xu2025"),
        ("article", "sepin2025"),
    ]
    xu, sepin = text.split("@article{")[1:]
    assert "journal = {Earth System Science Data}" in xu
    assert "pages = {6293}" in xu
    assert "year = {2026}" in xu
    assert "doi = " not in xu
    assert "doi = {10.1038/s41893-025-01668-9}" in sepin
    assert r"Smith \& Co. 2020, 50\% of it" in text
    assert "doi = {10.1594/PANGAEA.942325}" in text
    assert r"title = {p\_1, build" in text


def test_the_doctor_finds_a_built_database_well(demo_database: Path) -> None:
    findings = list(examine(demo_database))
    assert [f for f in findings if f.verdict == "fail"] == []
    assert {"Python", "DuckDB", "Spatial functions", "Views", "Checks"} <= {
        f.what for f in findings
    }


def test_the_doctor_says_how_to_mend_what_is_wrong(demo_database: Path, tmp_path: Path) -> None:
    broken = tmp_path / "mines.duckdb"
    shutil.copy(demo_database, broken)
    with quarrydb.connect(broken, read_only=False) as connection:
        connection.execute("DROP VIEW country_summary")
    (tmp_path / "quarry.toml").write_text('[projct]\nname = "x"\n')
    failed = {f.what: f for f in examine(broken) if f.verdict == "fail"}
    assert "country_summary" in failed["Views"].found
    assert "quarry build" in failed["Views"].fix
    assert "projct" in failed["Project file"].found


def test_the_doctor_knows_a_file_that_is_no_database(tmp_path: Path) -> None:
    file = tmp_path / "mines.duckdb"
    file.write_text("not a database")
    failed = [f for f in examine(file) if f.verdict == "fail"]
    assert [f.what for f in failed] == ["Database"]
