"""Load an image catalogue into ``raw.image``: a table of files, or STAC items."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import MAXYEAR, MINYEAR, date, datetime
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import shapely
from pyproj import Transformer

from quarrydb.contract import LoadContext, Loaded, LoadStep
from quarrydb.errors import SourceError
from quarrydb.fetch.address import is_remote, without_password
from quarrydb.fetch.tokens import unsigned
from quarrydb.loaders.formats.data import Meter
from quarrydb.loaders.formats.parquet import read_rows
from quarrydb.loaders.image_asset import BandAsset, baseline_of, is_before_offset
from quarrydb.loaders.image_reader import colour_bands, open_image
from quarrydb.loaders.image_stac import catalogue_files, is_stac, stac_rows
from quarrydb.loaders.longitude import split_at_antimeridian
from quarrydb.loaders.provenance import Issue, Load, issue_table, load_table, relative_path
from quarrydb.loaders.terms import terms_of
from quarrydb.memory import TABLE_TIMES, budget, check_whole
from quarrydb.project import Project
from quarrydb.project.segmentation import ImageCatalogue
from quarrydb.store.shards import fingerprint

REVISION = 4
SOURCE = "images"
UNREADABLE, MISSING, UNPLACED = "file can't be read", "file is missing", "place is unknown"
UNUSABLE = (UNREADABLE, MISSING, UNPLACED)  # what keeps an image of the catalogue out
PARTS = pa.list_(
    pa.struct(
        [
            ("band", pa.string()),
            ("path", pa.string()),
            ("scale", pa.float64()),
            ("offset", pa.float64()),
        ]
    )
)
SCHEMA = pa.schema(
    [
        ("image_id", pa.string()),
        ("year", pa.int32()),
        ("date", pa.date32()),
        ("path", pa.string()),
        ("bands", pa.list_(pa.string())),
        ("clarity", pa.float64()),
        ("geometry", pa.binary()),
        ("sha256", pa.string()),
        ("parts", PARTS),
        ("masked_classes", pa.list_(pa.int32())),
        ("is_before_offset", pa.bool_()),
    ]
)
# Column names of a table, in order of preference; percent columns are divided by 100.
PATH_COLUMNS = ("path", "file", "filename", "href")
ID_COLUMNS = ("image_id", "id", "quad_id")
DATE_COLUMNS = ("date", "datetime", "acquired", "start_date")
CLEAR_SHARE = ("clarity", "clear_share")
CLEAR_PERCENT = (
    "clarity_pct",
    "clear_percent",
    "visible_percent",
    "pl:visible_percent",
    "pl:clear_percent",
)
CLOUD_PERCENT = ("cloud_cover", "eo:cloud_cover")


@dataclass(frozen=True)
class ImageEntry:
    """One image as its catalogue has it; ``geometry`` is None where only the file knows it."""

    image_id: str
    path: Path
    date: date
    year: int
    bands: tuple[str, ...]
    clarity: float | None
    geometry: shapely.Geometry | None
    address: str | None = None
    parts: tuple[BandAsset, ...] = ()
    version: str = ""
    is_before_offset: bool = False

    @property
    def local_files(self) -> list[Path]:
        """The files of this machine that the image is made of."""
        names = [part.href for part in self.parts] or [self.address or str(self.path)]
        return [Path(name).resolve() for name in names if not is_remote(name)]


def steps(project: Project) -> list[LoadStep]:
    """One step where the project names images, else none."""
    section = project.segmentation
    if section is None or section.images is None or not section.images.is_there:
        return []
    entries = read_catalogue(section.images.path)
    files = [file for entry in entries for file in entry.local_files if file.is_file()]
    return [
        LoadStep(
            name="images",
            writes=("raw.image", "raw.load_file", "raw.load_issue"),
            run=partial(run_images, section=section.images, entries=entries),
            files=(*catalogue_files(section.images.path), *dict.fromkeys(files)),
            config=section.images.reading(
                "path", "stac", "collection", "max_cloud", "median_of", "sensor"
            ),
            revision=REVISION,
            terms=terms_of(section.images, "images", SOURCE),
        )
    ]


def run_images(
    context: LoadContext, *, section: ImageCatalogue, entries: Sequence[ImageEntry]
) -> Loaded:
    """Tabulate the catalogue; an image that is missing or can't be placed is set aside with an
    issue.
    """
    rows, issues = [], []
    with context.progress.task("Images", len(entries), "images") as task:
        for entry in entries:
            placed = place(entry)
            if isinstance(placed, Issue):
                issues.append(placed)
            else:
                rows.append({**placed, **file_fields(entry, context, section.masked_classes)})
            task.advance()
    if not rows:
        raise SourceError(
            f"{section.path} names no usable image. First problem: {issues[0].detail}"
        )
    load = Load(
        source=SOURCE,
        kind="images",
        path=relative_path(section.path, context.root),
        layer=None,
        sha256=context.checksums[catalogue_files(section.path)[0]],
        driver="STAC" if is_stac(section.path) else "table",
        n_rows_read=len(entries),
        n_rows_kept=len(rows),
        crs="EPSG:4326",
    )
    return {
        "raw.image": pa.Table.from_pylist(rows, schema=SCHEMA),
        "raw.load_file": load_table([load]),
        "raw.load_issue": issue_table(issues),
    }


def file_fields(entry: ImageEntry, context: LoadContext, masked: Sequence[int]) -> dict[str, Any]:
    """Files and checksum of an image; of one on a server, its address and version."""

    def named(where: str) -> tuple[str, str]:
        if is_remote(where):
            return where, f"{where} {entry.version}"
        file = Path(where).resolve()
        return relative_path(file, context.root), context.checksums[file]

    if not entry.parts:
        path, version = named(entry.address or str(entry.path))
        digest = version if entry.address is None else fingerprint(version)
        return {"path": path, "sha256": digest, "parts": [], "masked_classes": []}
    files = [named(part.href) for part in entry.parts]
    parts = [
        {"band": part.band, "path": path, "scale": part.scale, "offset": part.offset}
        for part, (path, _) in zip(entry.parts, files, strict=True)
    ]
    return {
        "path": parts[0]["path"],
        "parts": parts,
        "sha256": fingerprint([version for _, version in files], parts),
        "masked_classes": list(masked),
    }


def place(entry: ImageEntry) -> dict[str, Any] | Issue:
    """The catalogue's columns of ``raw.image``, outline and bands from the file where it knows
    better.
    """
    fields: dict[str, Any] = {
        "image_id": entry.image_id,
        "year": entry.year,
        "date": entry.date,
        "clarity": entry.clarity,
        "bands": list(entry.bands),
        "is_before_offset": entry.is_before_offset,
    }
    missing = [file for file in entry.local_files if not file.is_file()]
    if missing:
        problem = "is no file" if missing[0].exists() else "does not exist"
        return _set_aside(entry, MISSING, f"{missing[0]} {problem}")
    if not entry.local_files and entry.geometry is None:
        detail = f"{entry.address} is not read to find out where it lies: give its geometry"
        return _set_aside(entry, UNPLACED, detail)
    if not entry.local_files or (entry.parts and entry.geometry is not None):
        return {**fields, "geometry": shapely.to_wkb(entry.geometry)}
    try:
        outline, bands = file_outline(entry.local_files[0])
    except SourceError as error:
        if entry.geometry is None:
            return _set_aside(entry, UNREADABLE, str(error))
        # The catalogue says where it lies: its sites are set aside with this reason when they are segmented.
        outline, bands = entry.geometry, ()
    return {
        **fields,
        "geometry": shapely.to_wkb(entry.geometry if entry.geometry is not None else outline),
        "bands": fields["bands"] or list(bands),
    }


def _set_aside(entry: ImageEntry, problem: str, detail: str) -> Issue:
    return Issue(SOURCE, entry.image_id, problem, "set aside", detail=detail)


def file_outline(path: Path) -> tuple[shapely.Geometry, tuple[str, ...]]:
    """An image's outline in EPSG:4326 and the names of its bands (empty where it names none)."""
    with open_image(path) as dataset:
        transform, width, height = dataset.transform, dataset.width, dataset.height
        names = [dataset.descriptions[number - 1] for number in colour_bands(dataset)]
        crs = dataset.crs
    box = shapely.segmentize(shapely.box(0, 0, width, height), max(width, height) / 16)
    to_lonlat = Transformer.from_crs(crs, 4326, always_xy=True)
    a, b, c, d, e, f = transform[:6]
    x, y = shapely.get_coordinates(box).T
    corners = to_lonlat.transform(a * x + b * y + c, d * x + e * y + f)
    if not np.isfinite(corners).all() or a * e == b * d:
        raise SourceError(
            f"{path} has no place on the Earth: its geotransform is {tuple(transform[:6])} in {crs}. Write "
            "one with gdal_edit -a_ullr, or take the publisher's file."
        )
    outline = split_at_antimeridian(shapely.Polygon(np.column_stack(corners)))
    return outline, tuple(names) if all(names) else ()


def read_catalogue(path: Path) -> list[ImageEntry]:
    """All images of a catalogue, sorted by id; SourceError names the file and row that is wrong."""
    rows = stac_rows(path) if is_stac(path) else _table_rows(path)
    entries = [read_entry(row, where) for row, where in rows]
    if not entries:
        raise SourceError(f"{path} lists no image. Name another catalogue.")
    entries.sort(key=lambda entry: entry.image_id)
    ids = [entry.image_id for entry in entries]
    twice = (
        sorted({name for name in ids if ids.count(name) > 1}) if len(set(ids)) < len(ids) else []
    )
    if twice:
        raise SourceError(f"{path} lists image {twice[0]} twice. Give each image an id of its own.")
    return entries


def _table_rows(path: Path) -> Iterable[tuple[Mapping[str, Any], str]]:
    try:
        if path.suffix.lower() == ".parquet":
            size = path.stat().st_size
            rows = read_rows(path, Meter(str(path), budget(size))).to_pylist()
        else:
            check_whole(path, str(path), TABLE_TIMES)
            with path.open(newline="", encoding="utf-8-sig") as file:
                rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error, pa.ArrowException) as error:
        raise SourceError(
            f"{path} can't be read as a table of images: {error}. Save it as CSV in UTF-8, with commas."
        ) from error
    for number, row in enumerate(rows, start=2):
        if path.suffix.lower() != ".parquet" and (None in row or None in row.values()):
            raise SourceError(
                f"{path}, row {number} has more or fewer fields than the header. Correct it."
            )
        path_text = _first(row, PATH_COLUMNS)
        if path_text is None:
            raise SourceError(
                f"{path}, row {number}: no path. Name the image files in a column "
                f"{PATH_COLUMNS[0]}; columns there: {', '.join(map(str, row))}."
            )
        named = path_text if is_remote(path_text) else path.parent / str(path_text)
        yield {**row, "path": named}, f"{path}, row {number}"


def read_entry(row: Mapping[str, Any], where: str) -> ImageEntry:
    """One catalogue row; SourceError where its path, year, date or clarity makes no sense."""
    where_it_is = str(row["path"])
    try:
        address = unsigned(without_password(where_it_is)) if is_remote(where_it_is) else None
    except ValueError as error:
        raise SourceError(f"{where}: {error}") from error
    path = Path(address or where_it_is)
    if "\0" in str(path):
        raise SourceError(f"{where}: the path holds a NUL character. Correct it.")
    year = parse_year(_first(row, ("year",)), where)
    day = parse_date(_first(row, DATE_COLUMNS), year, where)
    parts = tuple(row.get("parts") or ()) if is_parts(row.get("parts")) else ()
    return ImageEntry(
        image_id=str(_first(row, ID_COLUMNS) or path.stem),
        path=path if address else path.resolve(),
        address=address,
        parts=parts,
        is_before_offset=bool(parts) and is_before_offset(baseline_of(row, row), day),
        version=str(row.get("version") or ""),
        date=day,
        year=day.year if year is None else year,
        bands=parse_bands(row.get("bands")),
        clarity=parse_clarity(row, where),
        geometry=row.get("geometry") if isinstance(row.get("geometry"), shapely.Geometry) else None,
    )


def is_parts(value: Any) -> bool:
    """Whether a row's ``parts`` are a STAC item's: a table may have a column of that name."""
    return isinstance(value, list) and all(isinstance(part, BandAsset) for part in value)


def _first(row: Mapping[str, Any], names: Sequence[str]) -> Any:
    """The first of ``names`` with a value; None where none has one, or it is NaN."""
    values = (row.get(name) for name in names)
    return next((v for v in values if v not in (None, "") and v == v), None)  # NaN is not itself


def parse_year(value: Any, where: str) -> int | None:
    """A year as a whole number, also written 2019.0; None for none."""
    if value is None:
        return None
    try:
        year = float(str(value))
    except ValueError:
        year = math.nan
    if not (year.is_integer() and MINYEAR <= year <= MAXYEAR):
        raise SourceError(f"{where}: {value} is no year. Write 2019.")
    return int(year)


def parse_date(value: Any, year: Any, where: str) -> date:
    """A date from ISO text, a month (2019-06), or a year alone (its first of July)."""
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    text = str(value if value is not None else year if year is not None else "")[:10]
    filled = {4: f"{text}-07-01", 7: f"{text}-01"}.get(len(text), text)
    try:
        return date.fromisoformat(filled)
    except ValueError as error:
        raise SourceError(
            f"{where}: {text or 'no date'} is no date. Write 2019-06-01 or 2019-06."
        ) from error


def parse_bands(value: Any) -> tuple[str, ...]:
    """Band names from a list or a text with commas, semicolons or blanks between them."""
    if value is None:
        return ()
    parts = (
        value
        if isinstance(value, list | tuple)
        else str(value).replace(";", ",").replace(" ", ",").split(",")
    )
    return tuple(str(part).strip().lower() for part in parts if str(part).strip())


def parse_clarity(row: Mapping[str, Any], where: str) -> float | None:
    """Share of the image that is clear, 0-1, from whichever column the catalogue has; None without
    any.
    """
    try:
        if (share := _first(row, CLEAR_SHARE)) is not None:
            value = float(share)
        elif (percent := _first(row, CLEAR_PERCENT)) is not None:
            value = float(percent) / 100
        elif (cloud := _first(row, CLOUD_PERCENT)) is not None:
            value = 1 - float(cloud) / 100
        else:
            return None
    except (TypeError, ValueError) as error:
        raise SourceError(f"{where}: {error}. Clarity is a number.") from error
    if not 0 <= value <= 1:
        raise SourceError(
            f"{where}: clarity {value} is not between 0 and 1. Name percentages clear_percent or cloud_cover."
        )
    return value
