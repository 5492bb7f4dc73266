"""STAC items, of version 1.0 or 1.1, as rows of an image catalogue."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import shapely

from quarrydb.errors import SourceError
from quarrydb.fetch.address import without_password
from quarrydb.fetch.tokens import unsigned
from quarrydb.loaders.image_asset import NO_REFLECTANCE, band_assets, parts_of
from quarrydb.loaders.longitude import split_at_antimeridian
from quarrydb.memory import JSON_TIMES, check_whole


def catalogue_files(path: Path) -> tuple[Path, ...]:
    """The files that make up a catalogue: a table, an item collection, or a folder's STAC items."""
    if not path.is_dir():
        return (path,)
    items = sorted(file for file in path.rglob("*.json") if file.is_file())
    if not items:
        raise SourceError(
            f"{path} holds no STAC item (*.json). Name a CSV, or a folder with items."
        )
    return tuple(items)


def is_stac(path: Path) -> bool:
    """Whether a catalogue is STAC rather than a table."""
    return path.is_dir() or path.suffix.lower() in (".json", ".geojson")


def stac_rows(path: Path) -> Iterable[tuple[Mapping[str, Any], str]]:
    """Each item as a row of a catalogue, and where it stands; SourceError names the item that is wrong.

    Other JSON, such as a catalogue's own, is passed over.
    """
    for file in catalogue_files(path):
        try:
            check_whole(file, str(file), JSON_TIMES)
            content = json.loads(file.read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError) as error:
            raise SourceError(f"{file} can't be read as STAC items: {error}.") from error
        items = content.get("features", [content]) if isinstance(content, dict) else []
        for item in items if isinstance(items, list) else []:
            if isinstance(item, dict) and item.get("type") == "Feature" and item.get("assets"):
                where = f"{file}, item {item.get('id')}"
                yield _stac_row(item, file, where), where


def _stac_row(item: Mapping[str, Any], file: Path, where: str) -> Mapping[str, Any]:
    properties = _object(item.get("properties") or {}, f"{where}: properties")
    assets = _object(item["assets"], f"{where}: assets")
    objects = {name: _object(a, f"{where}: asset {name}") for name, a in assets.items()}
    if parts := band_assets(item, objects):
        return {
            **properties,
            "image_id": item.get("id"),
            "path": _place(parts[0].href, file),
            "date": properties.get("datetime") or properties.get("start_datetime"),
            "bands": list(parts_of(parts)),
            "parts": [replace(part, href=_place(part.href, file)) for part in parts],
            "version": version_of(properties, objects),
            "geometry": _outline(item.get("geometry"), where),
        }
    asset = _image_asset(objects, where)
    bands: Any = next((b for b in _band_lists(asset, properties) if b), [])
    if not isinstance(bands, list):
        raise SourceError(f"{where}: bands are a {type(bands).__name__}. Make them a list.")
    return {
        **properties,
        "image_id": item.get("id"),
        "path": _place(str(asset.get("href") or ""), file),
        "version": version_of(properties, objects),
        "date": properties.get("datetime") or properties.get("start_datetime"),
        "bands": [
            _band_name(_object(band, f"{where}: band {number}"), number)
            for number, band in enumerate(bands, start=1)
        ],
        "geometry": _outline(item.get("geometry"), where),
    }


def _object(value: Any, where: str) -> Mapping[str, Any]:
    """A JSON object; SourceError for anything else."""
    if not isinstance(value, dict):
        raise SourceError(f"{where}: this is a {type(value).__name__}. STAC has an object here.")
    return value


def _band_lists(asset: Mapping[str, Any], properties: Mapping[str, Any]) -> Iterable[Any]:
    """Where STAC 1.1 (``bands``) and 1.0 (``eo:bands``) list bands, the asset's own first."""
    return (part.get(name) for part in (asset, properties) for name in ("bands", "eo:bands"))


def _band_name(band: Mapping[str, Any], number: int) -> str:
    """What models call a band: ``red`` rather than ``B04``."""
    names = (band.get(key) for key in ("eo:common_name", "common_name", "name"))
    return str(next((name for name in names if name), f"unnamed {number}"))


def _outline(geometry: Any, where: str) -> shapely.Geometry | None:
    """An item's geometry; SourceError unless it is an area."""
    if not geometry:
        return None
    try:
        outline = shapely.from_geojson(json.dumps(geometry))
    except shapely.errors.GEOSException as error:
        raise SourceError(f"{where}: its geometry can't be read: {error}.") from error
    if outline.geom_type not in ("Polygon", "MultiPolygon") or outline.is_empty:
        raise SourceError(
            f"{where}: its geometry is {str(outline)[:80]}. Give the image's outline, or null."
        )
    return split_at_antimeridian(outline)


def _place(href: str, file: Path) -> str:
    """An address without what signs it, a file's name made absolute by the item's folder."""
    if "://" in href and not href.startswith("file://"):
        try:
            return unsigned(without_password(href))
        except ValueError as error:
            raise SourceError(f"{file}: {error}") from error
    return str(file.parent / href.removeprefix("file://"))


def version_of(properties: Mapping[str, Any], assets: Mapping[str, Mapping[str, Any]]) -> str:
    """What tells one state of an item's files from another without reading them."""
    sums = [str(asset.get("file:checksum") or "") for _, asset in sorted(assets.items())]
    return " ".join(filter(None, [str(properties.get("updated") or ""), *sums]))


def _image_asset(assets: Mapping[str, Mapping[str, Any]], where: str) -> Mapping[str, Any]:
    """The asset that is the image: role data first, then any GeoTIFF; no map of water or aerosol."""
    every, assets = (
        assets,
        {name: asset for name, asset in assets.items() if not NO_REFLECTANCE.fullmatch(name)},
    )
    if every and not assets:
        raise SourceError(
            f"{where}: no asset is an image: {', '.join(every)}. One asset must hold all bands, or several "
            "one band each."
        )
    by_role = [asset for asset in assets.values() if "data" in _roles(asset)]
    tiffs = [
        a for a in assets.values() if str(a.get("href", "")).lower().endswith((".tif", ".tiff"))
    ]
    found = [asset for asset in by_role if asset in tiffs] or tiffs or by_role
    return found[0] if found else {}


def _roles(asset: Mapping[str, Any]) -> Sequence[Any]:
    """The roles of an asset; none where they are no list."""
    roles = asset.get("roles")
    return roles if isinstance(roles, list) else ()
