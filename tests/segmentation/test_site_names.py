"""Ids of sites name files: those in a database or a store of strangers lead nowhere else."""

from pathlib import Path

import pytest

from quarrydb.errors import SourceError
from quarrydb.inference import probability_export
from quarrydb.inference.chips import site_year_name

HOSTILE = [
    "", ".", "..", "../../elsewhere", "/etc/site", "a/b", "a\\b", "C:site", "a?b", "a\0b", "a\n",
    "\x1b[2Jsite", "\u202etif", "x" * 300, "-site", " site",
]  # fmt: skip


@pytest.mark.parametrize("site_id", ["ma2h8ztk4m9n", "block--12-345", "block-7-0"])
def test_ids_of_builds_name_files(site_id):
    assert site_year_name(site_id, 2019) == f"{site_id}_2019"


@pytest.mark.parametrize("site_id", HOSTILE)
def test_other_ids_are_refused_without_being_obeyed(site_id):
    """No terminal is told anything, and no name is longer than a line."""
    with pytest.raises(SourceError, match="can't name a file") as refused:
        site_year_name(site_id, 2019)
    assert str(refused.value).isprintable()
    assert len(str(refused.value)) < 250


def test_no_probability_is_written_outside_the_export(tmp_path, monkeypatch):
    """A store that somebody sent, with a site that is a path."""
    row = {"site_id": "../../elsewhere", "year": 2019}
    monkeypatch.setattr(probability_export, "kept_files", lambda _: [(Path("shard"), ["key"])])
    monkeypatch.setattr(probability_export, "stored_rows", lambda *_: [row])
    with pytest.raises(SourceError, match="can't name a file"):
        probability_export.export_probability(None, tmp_path / "a" / "b")
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
