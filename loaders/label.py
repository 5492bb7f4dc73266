"""Load interpreted samples into ``raw.label`` and biomes into ``raw.biome``."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pyarrow as pa
import shapely

from quarrydb.contract import LoadContext, Loaded, LoadStep
from quarrydb.errors import SourceError
from quarrydb.loaders import layout
from quarrydb.loaders.layout import Columns
from quarrydb.loaders.provenance import Issue, Load, issue_table, load_table, relative_path
from quarrydb.loaders.vector import vector_step
from quarrydb.loaders.vector_file import VectorData, file_parts, read_vector
from quarrydb.memory import TABLE_TIMES, check_whole
from quarrydb.project import Project
from quarrydb.project.validation import BiomeSource, ValidationSource

REVISION = 3
LABELS, BIOMES = "labels", "biomes"
BIOME_COLUMNS = ("BIOME_NAME", "biome", "BIOME")
NEEDED = ("sample_id", "longitude", "latitude", "predicted_year", "reference_year")
NO_TRANSITION = ("none", "no")
UNREADABLE = ("unclear", "?")
CHANGES = ("disturbed", "reclaimed")
UNCHANGED = "unchanged"
YEARS = range(1900, 2201)
SCHEMA = pa.schema(
    [
        ("sample_id", pa.string()),
        ("mine_id", pa.string()),
        ("longitude", pa.float64()),
        ("latitude", pa.float64()),
        ("change", pa.string()),
        ("predicted_year", pa.int32()),
        ("reference_year", pa.int32()),
        ("reference_change", pa.string()),
        ("biome", pa.string()),
        ("stratum", pa.string()),
        ("stratum_km2", pa.float64()),
        ("interpreter", pa.string()),
        ("note", pa.string()),
    ]
)
Row = Mapping[str, str]


def steps(project: Project) -> list[LoadStep]:
    """One step for all label files, one for the biomes."""
    section = project.validation
    if section is None:
        return []
    found = [label_step(section)] if section.labels else []
    if section.biomes is not None:
        reader = partial(biome_columns, section.biomes)
        found.append(vector_step(BIOMES, BIOMES, BIOMES, "raw.biome", section.biomes, reader))
    return found


def label_step(section: ValidationSource) -> LoadStep:
    """A step that reads the files of the interpreters."""
    return LoadStep(
        name=LABELS,
        writes=("raw.label", "raw.load_file", "raw.load_issue"),
        run=partial(run_labels, section=section),
        files=tuple(part for path in section.labels for part in file_parts(path)),
        revision=REVISION,
    )


def biome_columns(section: BiomeSource, data: VectorData, where: str) -> tuple[list[str], Columns]:
    """Feature number and name of each biome polygon."""
    names = data.attributes.column_names
    column = layout.named_column(names, section.biome, BIOME_COLUMNS, where=where, key="biome")
    return data.ids, {"biome": layout.texts(data.attributes, column)}


@dataclass(frozen=True)
class LabelFile:
    """Rows of one file as text, column names in lower case."""

    path: Path
    driver: str
    layer: str | None
    rows: Sequence[Row]


def run_labels(context: LoadContext, *, section: ValidationSource) -> Loaded:
    """Read all files; rows that nobody interpreted are set aside and counted."""
    labels: list[dict[str, object]] = []
    loads, issues = [], []
    for path in section.labels:
        file = read_labels(path)
        kept, set_aside = parse(file)
        labels += kept
        issues += set_aside
        loads.append(
            Load(
                source=LABELS,
                kind=LABELS,
                path=relative_path(path, context.root),
                layer=file.layer,
                sha256=context.checksums[path],
                driver=file.driver,
                n_rows_read=len(file.rows),
                n_rows_kept=len(kept),
                crs="EPSG:4326",
            )
        )
    refuse_twice(labels)
    return {
        "raw.label": pa.Table.from_pylist(labels, schema=SCHEMA),
        "raw.load_file": load_table(loads),
        "raw.load_issue": issue_table(issues),
    }


def read_labels(path: Path) -> LabelFile:
    """A CSV or vector file of labels. SourceError where it is neither, or lacks a column."""
    file = read_csv(path) if path.suffix.lower() == ".csv" else read_points(path)
    names = set(file.rows[0]) if file.rows else set(NEEDED)
    missing = [name for name in NEEDED if name not in names]
    if missing:
        raise SourceError(
            f"{path} has no column {', '.join(missing)}. Columns there: "
            f"{', '.join(sorted(names))}. Take a file of quarry sample and fill reference_year in."
        )
    return file


def read_csv(path: Path) -> LabelFile:
    """Rows of a comma-separated file with a header line."""
    check_whole(path, str(path), TABLE_TIMES)
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, strict=True)
            rows = [lower(row, path, reader.line_num) for row in reader]
    except (UnicodeDecodeError, csv.Error) as error:
        raise SourceError(f"{path} is not a CSV file in UTF-8: {error}. Save it as one.") from error
    if not rows:
        raise SourceError(f"{path} holds no labels. Remove it from [validation].")
    return LabelFile(path, "CSV", None, rows)


def lower(row: Mapping[str | None, str | None], path: Path, line: int) -> Row:
    """A row with names in lower case and values stripped."""
    if None in row or None in row.values():
        raise SourceError(
            f"{path}, line {line} has more or fewer fields than the header. Correct it."
        )
    return {str(name).strip().lower(): str(value).strip() for name, value in row.items()}


def read_points(path: Path) -> LabelFile:
    """Rows of a GeoPackage or other vector file; the point stands in for missing coordinates."""
    data = read_vector(path, crs="EPSG:4326")
    rows = [
        {str(k).lower(): "" if v is None else str(v).strip() for k, v in row.items()}
        for row in data.attributes.to_pylist()
    ]
    for row, wkb in zip(rows, data.wkb, strict=True):
        if "longitude" not in row and wkb is not None:
            point = shapely.from_wkb(wkb).centroid
            row |= {"longitude": repr(point.x), "latitude": repr(point.y)}
    return LabelFile(path, data.driver, data.layer, rows)


def parse(file: LabelFile) -> tuple[list[dict[str, object]], list[Issue]]:
    """Rows that were interpreted, and an issue for each kind of row that was not."""
    kept: list[dict[str, object]] = []
    unlabelled = unclear = 0
    for number, row in enumerate(file.rows, start=1):
        answer = row["reference_year"].lower()
        if answer in UNREADABLE:
            unclear += 1
        elif answer == "" and not row.get("interpreter"):
            unlabelled += 1
        else:
            kept.append(label_of(row, f"{file.path}, row {number}"))
    counts = (("not labelled yet", unlabelled), ("the interpreter could not tell", unclear))
    where = str(file.path.name)
    issues = [Issue(LABELS, None, text, "set aside", n, None, where) for text, n in counts if n]
    return kept, issues


def label_of(row: Row, where: str) -> dict[str, object]:
    """One label: an empty reference year, or ``none``, says that no transition was seen."""
    answer = row["reference_year"].lower()
    seen = answer not in ("", *NO_TRANSITION)
    if not row["sample_id"]:
        raise SourceError(f"{where}: sample_id is empty. Restore the number that it had.")
    optional = {name: row.get(name) or None for name in ("mine_id", "stratum", "biome", "note")}
    change = kind(row, "change", (*CHANGES, UNCHANGED), where)
    reference_change = kind(row, "reference_change", CHANGES, where) if seen else None
    if seen and change == UNCHANGED and reference_change is None:
        raise SourceError(
            f"{where}: the map shows no change and the interpreter one of {answer}, but of which kind? "
            f"Write {' or '.join(CHANGES)} into reference_change."
        )
    area = row.get("stratum_km2")
    return {
        **optional,
        "sample_id": row["sample_id"],
        "longitude": number(row["longitude"], "longitude", 540.0, where),
        "latitude": number(row["latitude"], "latitude", 90.0, where),
        "change": change,
        "predicted_year": predicted_year(row["predicted_year"], change, where),
        "reference_year": year(answer, "reference_year", where) if seen else None,
        "reference_change": reference_change,
        "stratum_km2": number(area, "stratum_km2", 1e9, where) if area else None,
        "interpreter": row.get("interpreter") or None,
    }


def kind(row: Row, name: str, known: Sequence[str], where: str) -> str | None:
    """A kind of change in one of its words; None where the file does not say."""
    text = row.get(name, "").lower()
    if text and text not in known:
        raise SourceError(f"{where}: {name} is {text!r}. Write {', '.join(known)} or nothing.")
    return text or None


def predicted_year(text: str, change: str | None, where: str) -> int | None:
    """Year of the map's change: none for a pixel that the map shows unchanged, and only for one."""
    if change != UNCHANGED:
        return year(text, "predicted_year", where)
    if text:
        raise SourceError(
            f"{where}: change is unchanged, and predicted_year is {text!r}. Leave one of them out."
        )
    return None


def number(text: str, name: str, limit: float, where: str) -> float:
    """A finite number up to ``limit`` either side of 0."""
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not abs(value) <= limit:
        raise SourceError(f"{where}: {name} is {text!r}, not a number up to {limit:g}. Correct it.")
    return value


def year(text: str, name: str, where: str) -> int:
    """A calendar year; a trailing ``.0`` of a spreadsheet is forgiven."""
    digits = text.removesuffix(".0")
    if not digits.isdecimal() or int(digits) not in YEARS:
        raise SourceError(
            f"{where}: {name} is {text!r}. Write a year, 'none' where no transition is to be seen, "
            "or 'unclear'."
        )
    return int(digits)


def refuse_twice(labels: Sequence[Mapping[str, object]]) -> None:
    """Two answers for one sample must be settled by the interpreters, not by us."""
    for sample_id, first, second in doubles(labels):
        raise SourceError(
            f"sample {sample_id} is labelled twice, {first['reference_year']} by "
            f"{first['interpreter']} and {second['reference_year']} by {second['interpreter']}. "
            "Agree on one answer and remove the other row."
        )


def doubles(
    labels: Sequence[Mapping[str, object]],
) -> Iterator[tuple[object, Mapping[str, object], Mapping[str, object]]]:
    """Pairs of labels of one sample."""
    seen: dict[object, Mapping[str, object]] = {}
    for label in labels:
        other = seen.setdefault(label["sample_id"], label)
        if other is not label:
            yield label["sample_id"], other, label
