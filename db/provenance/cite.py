"""How to cite a database: the build, the software, the studies and every source with its licence."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

import duckdb

from quarrydb.errors import DatabaseError, QueryError
from quarrydb.provenance.licence import Source, licence_words, obligations, read_sources

FORMATS = ("text", "bibtex", "json")


@dataclass(frozen=True)
class Article:
    """Where a study is printed."""

    journal: str
    volume: str
    page: str
    year: int

    def __str__(self) -> str:
        return f"{self.journal} {self.volume}, {self.page}, {self.year}"


@dataclass(frozen=True)
class Study:
    """A study whose method the views carry out; where ``article`` is known apart, ``doi`` is its data's."""

    key: str
    authors: str
    year: int
    title: str
    doi: str
    article: Article | None = None


STUDIES = (
    Study(
        "xu2025",
        "Xu et al.",
        2025,
        "Global surface mining and land reclamation of time series from 1985-2022",
        "10.5281/zenodo.17085099",
        Article("Earth System Science Data", "18", "6293", 2026),
    ),
    Study(
        "sepin2025",
        "Sepin et al.",
        2025,
        "Mapping mining areas in the tropics from 2016 to 2024",
        "10.1038/s41893-025-01668-9",
    ),
)


@dataclass(frozen=True)
class Build:
    """What identifies one build."""

    project: str
    version: str
    fingerprint: str
    built_at: datetime


def read_build(connection: duckdb.DuckDBPyConnection) -> Build:
    """The build that made this database."""
    row = connection.execute(
        "SELECT project, quarrydb_version, fingerprint, built_at FROM raw.build"
    ).fetchone()
    if row is None:
        raise DatabaseError("The database does not say what it was built from. Run: quarry build")
    return Build(*row)


def citation(connection: duckdb.DuckDBPyConnection, form: str = "text") -> str:
    """The citation as ``text``, ``bibtex`` or ``json`` (CSL)."""
    if form not in FORMATS:
        raise QueryError(f"Format {form} is unknown. Use one of {', '.join(FORMATS)}.")
    build, sources = read_build(connection), read_sources(connection)
    if form == "bibtex":
        return as_bibtex(build, sources)
    return as_csl(build, sources) if form == "json" else as_text(build, sources)


def title_of(build: Build) -> str:
    """One line that tells this build from every other."""
    return f"{build.project}, build {build.fingerprint[:12]} of {build.built_at:%Y-%m-%d}"


def as_text(build: Build, sources: list[Source]) -> str:
    """Plain text: what to write into a paper, then what the licences ask."""
    lines = [f"{title_of(build)}, made with quarrydb {build.version}.", "", "Methods:"]
    lines += [f"- {study_line(study)}" for study in STUDIES]
    lines += ["", "Data:"]
    lines += [f"- {source_line(source)}" for source in sources]
    lines += ["", f"Licence of the results: {licence_words(sources)}"]
    lines += [f"- {line}" for line in obligations(sources)]
    return "\n".join(lines)


def study_line(study: Study) -> str:
    """One study, with its article and its data where these are two."""
    link = f"https://doi.org/{study.doi}"
    place = f"{study.article}. Data: {link}" if study.article else link
    return f"{study.authors} {study.year}. {study.title}. {place}"


def source_line(source: Source) -> str:
    """One source: its citation, or its name where the project file gives none, and its licence."""
    licence = source.licence or "no licence given"
    note = ", the publisher's" if source.is_assumed else ""
    fetched = f" Fetched {source.fetched}." if source.fetched else ""
    return (
        f"{source.name} ({source.kind}): {source.citation or 'no citation given'} "
        f"[{licence}{note}]{fetched}"
    )


def source_note(source: Source) -> str:
    """Name, kind and licence of a source."""
    what = dict.fromkeys((source.name, source.kind))
    return f"{', '.join(what)}; licence: {source.licence or 'not given'}"


def as_bibtex(build: Build, sources: list[Source]) -> str:
    """BibTeX: one entry for the build, one each for the studies and for what was built from."""
    works = cited_works(sources)
    entries = [
        f"@misc{{quarrydb_{build.fingerprint[:12]},\n"
        f"  title = {{{_bibtex(title_of(build))}}},\n"
        f"  year = {{{build.built_at.year}}},\n"
        f"  howpublished = {{quarrydb {build.version}}},\n"
        f"  note = {{Built from {', '.join(works)}}}\n}}"
    ]
    entries += [_work(key, source) for key, source in works.items()]
    entries += [_article(study) for study in STUDIES]
    return "\n\n".join(entries)


def _article(study: Study) -> str:
    fields = {"author": study.authors.replace(" et al.", " and others"), "title": study.title}
    article = study.article
    if article:
        fields |= {"journal": article.journal, "volume": article.volume, "pages": article.page}
        fields |= {"year": str(article.year), "note": f"Data: https://doi.org/{study.doi}"}
    else:
        fields |= {"year": str(study.year), "doi": study.doi}
    return _entry("article", study.key, fields)


def _entry(kind: str, key: str, fields: Mapping[str, str]) -> str:
    body = ",\n".join(f"  {name} = {{{value}}}" for name, value in fields.items())
    return f"@{kind}{{{key},\n{body}\n}}"


def cited_works(sources: list[Source]) -> dict[str, Source]:
    """One source for each work to cite, by a key; the files of a yearly series are one work."""
    works: dict[tuple[str, str | None], Source] = {}
    for source in sources:
        series = re.sub(r" \d{4}$", "", source.name)
        one = replace(source, name=series)
        works.setdefault((source.citation or series, source.licence), one)
    found: dict[str, Source] = {}
    for source in works.values():
        key = re.sub(r"[^a-z0-9]+", "_", source.name.lower()).strip("_")
        found[key if key not in found else f"{key}_{len(found)}"] = source
    return found


def _work(key: str, source: Source) -> str:
    fields = {
        "title": _bibtex(source.citation or source.name),
        "note": _bibtex(source_note(source)),
    }
    doi = re.search(r"10\.\d{4,9}/[^\s,;]+[^\s,;.)]", source.citation or "")
    if doi:
        fields["doi"] = doi[0]
    return _entry("misc", key, fields)


def _bibtex(words: str) -> str:
    return re.sub(r"([&%$#_{}])", r"\\\1", words)


def as_csl(build: Build, sources: list[Source]) -> str:
    """CSL JSON, which Zotero and pandoc read."""
    day = build.built_at
    items: list[dict[str, object]] = [
        {
            "id": f"quarrydb_{build.fingerprint[:12]}",
            "type": "dataset",
            "title": title_of(build),
            "version": build.version,
            "issued": {"date-parts": [[day.year, day.month, day.day]]},
            "note": "Sources: " + "; ".join(source_line(source) for source in sources),
        }
    ]
    items += [_csl(study) for study in STUDIES]
    return json.dumps(items, indent=2, ensure_ascii=False)


def _csl(study: Study) -> dict[str, object]:
    article = study.article
    found: dict[str, object] = {
        "id": study.key,
        "type": "article-journal",
        "title": study.title,
        "author": [{"literal": study.authors}],
        "issued": {"date-parts": [[article.year if article else study.year]]},
    }
    if article is None:
        return found | {"DOI": study.doi}
    return found | {
        "container-title": article.journal,
        "volume": article.volume,
        "page": article.page,
        "note": f"Data: https://doi.org/{study.doi}",
    }
