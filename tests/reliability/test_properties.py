"""Properties that hold for any input: random shapes through the whole boundary chain, files, series."""

import math
import tomllib
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import duckdb
import numpy as np
import pytest
import shapely
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from quarrydb.database.connection import connect
from quarrydb.database.query import batches, run_query
from quarrydb.engine.build import build
from quarrydb.errors import ProjectError, QuarryError
from quarrydb.loaders.vector_clean import Cleaned, clean, unique_ids
from quarrydb.project import load_project
from quarrydb.project.parameters import Parameters
from quarrydb.udfs.mann_kendall import mann_kendall
from tests.worlds import write_project

# Known limits: the build stops with an error, and no wrong number comes out.
QUICK = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
COORDINATE = st.integers(0, 40).map(lambda n: n / 20)
POINT = st.tuples(COORDINATE, COORDINATE)
# Rings on a coarse lattice: self-crossing, touching and repeated points come often.
RING = st.lists(POINT, min_size=3, max_size=8).map(lambda points: shapely.Polygon(points))
SHAPES = st.lists(RING, min_size=1, max_size=6)


def cleaned(shapes: Sequence[shapely.Geometry]) -> Cleaned:
    wkb = [shapely.to_wkb(shape) for shape in shapes]
    return clean("s", wkb, [str(i) for i in range(len(wkb))], "EPSG:4326", where="test")


@QUICK
@given(SHAPES)
def test_cleaning_gives_valid_polygons_and_is_idempotent(shapes: list[shapely.Geometry]) -> None:
    once = cleaned(shapes)
    assert shapely.is_valid(once.geometry).all()
    assert (shapely.get_type_id(once.geometry) == 3).all()
    again = cleaned(list(once.geometry)).geometry
    assert (shapely.normalize(again) == shapely.normalize(once.geometry)).all()


@QUICK
@given(SHAPES)
def test_cleaning_keeps_the_area_of_valid_polygons(shapes: list[shapely.Geometry]) -> None:
    valid = [shape for shape in shapes if shape.is_valid and shape.area > 0]
    if valid:
        total = sum(shape.area for shape in valid)
        assert float(shapely.area(cleaned(valid).geometry).sum()) == pytest.approx(total, rel=1e-12)


@QUICK
@given(SHAPES)
def test_a_repaired_polygon_covers_no_new_ground(shapes: list[shapely.Geometry]) -> None:
    """Repair may drop a part that its ring winds twice around, but never reach beyond the hull."""
    found = cleaned(shapes)
    hulls = shapely.convex_hull(np.array(shapes))[found.feature]
    assert (shapely.area(shapely.difference(found.geometry, hulls)) < 1e-12).all()


@QUICK
@given(st.lists(st.sampled_from(["a", "b", "a#2", "a#3", ""]), max_size=12))
@example(["a", "a#2", "a"])
def test_ids_become_unique_and_first_ones_stay(ids: list[str]) -> None:
    unique, _ = unique_ids("s", ids)
    assert len(set(unique)) == len(ids)
    for value in set(ids):
        assert unique[ids.index(value)] == value


# The whole chain, in a few builds of many random mines each: apart, so that no two examples meet.


def scattered(random: np.random.Generator, n: int) -> list[shapely.Geometry]:
    """``n`` clusters of up to four random, often invalid, rings; clusters lie a degree apart."""
    shapes = []
    for number in range(n):
        origin = np.array([number % 10 - 5, number // 10 * 0.9])
        for _ in range(random.integers(1, 5)):
            points = origin + random.integers(0, 12, (random.integers(3, 9), 2)) / 20
            shapes.append(shapely.Polygon(points))
    return shapes


def chain(
    folder: Path, sources: dict[str, list[shapely.Geometry]], green: list[shapely.Geometry]
) -> Path:
    write_project(folder, sources, green=green)
    project = load_project(folder)
    build(project, workers=1)
    return project.database


def mines(database: Path) -> np.ndarray:
    with connect(database) as connection:
        query = "SELECT ST_AsWKB(geometry)::BLOB FROM core.mine ORDER BY mine_id"
        return np.array([shapely.from_wkb(wkb) for (wkb,) in connection.execute(query).fetchall()])


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
def test_boundary_chain(seed: int, tmp_path: Path) -> None:
    """Random valid and invalid rings through union, erase and simplify."""
    random = np.random.default_rng(seed)
    shapes = scattered(random, 60)
    database = chain(tmp_path / "first", {"a": shapes[::2], "b": shapes[1::2]}, [])
    found = mines(database)
    parts = cleaned(shapes).geometry
    # Without green and with outlines on a lattice wider than the simplification's reach, nothing goes.
    assert float(shapely.area(found).sum()) == pytest.approx(
        shapely.union_all(parts).area, rel=1e-9
    )
    assert shapely.is_valid(found).all()
    tree = shapely.STRtree(found)
    left, right = tree.query(found, predicate="intersects")
    overlap = shapely.area(shapely.intersection(found[left], found[right]))
    assert (overlap[left != right] == 0).all()
    again = mines(chain(tmp_path / "second", {"c": list(found)}, []))
    moved = shapely.symmetric_difference(shapely.union_all(again), shapely.union_all(found))
    assert moved.area < 1e-12
    # Two mines that meet in a point but for rounding can become one in the second build.
    assert len(found) - 1 <= len(again) <= len(found)


@pytest.mark.slow
def test_erasing_never_adds_and_is_idempotent(tmp_path: Path) -> None:
    random = np.random.default_rng(3)
    shapes, green = scattered(random, 40), scattered(random, 40)
    before = shapely.union_all(cleaned(shapes).geometry)
    found = mines(chain(tmp_path / "first", {"a": shapes}, green))
    left_over = shapely.difference(shapely.union_all(found), before)
    assert left_over.area < 1e-9 * before.area
    assert shapely.is_valid(found).all()
    turned = mines(chain(tmp_path / "second", {"a": shapes[::-1]}, green[::-1]))
    assert (shapely.normalize(turned) == shapely.normalize(found)).all()


# Project files and series

KEYS = st.sampled_from(["name", "path", "layer", "crs", "project", "polygons", "parameters", "x"])
SCALARS = st.one_of(
    st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), max_size=20),
    st.integers(-(10**20), 10**20),
    st.floats(),
    st.booleans(),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=8,
)


def as_toml(value: object) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{k} = {as_toml(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(as_toml, value)) + "]"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return str(value) if not isinstance(value, float) or math.isfinite(value) else "nan"


@settings(QUICK, max_examples=100)
@given(st.dictionaries(KEYS, VALUES, max_size=5))
def test_any_toml_is_loaded_or_refused(
    tmp_path_factory: pytest.TempPathFactory, content: dict
) -> None:
    folder = tmp_path_factory.mktemp("toml")
    text = "\n".join(f"{key} = {as_toml(value)}" for key, value in content.items())
    tomllib.loads(text)
    (folder / "quarry.toml").write_text(text, encoding="utf-8")
    with pytest.raises(ProjectError, match=r"quarry.toml"):
        load_project(folder)


NUMBERS = {
    name: field
    for name, field in Parameters.model_fields.items()
    if field.annotation in (int, float) and not name.startswith("trend_")
}


def is_allowed(name: str, value: float) -> bool:
    """Whether a number lies within the documented bounds of a parameter."""
    metadata = NUMBERS[name].metadata
    bounds = {
        key: getattr(item, key)
        for item in metadata
        for key in ("ge", "gt", "le", "lt")
        if hasattr(item, key)
    }
    is_whole = math.isfinite(value) and float(value).is_integer() and abs(value) < 2**63
    return (
        math.isfinite(value)
        and (NUMBERS[name].annotation is float or is_whole)
        and bounds.get("ge", -math.inf) <= value <= bounds.get("le", math.inf)
        and bounds.get("gt", -math.inf) < value < bounds.get("lt", math.inf)
    )


@settings(QUICK, max_examples=200)
@given(
    st.sampled_from(sorted(NUMBERS)),
    st.floats(-2, 15) | st.integers(-2, 15) | st.floats().filter(lambda x: not math.isnan(x)),
)
def test_a_parameter_is_taken_to_the_last_digit_or_refused_by_its_line(
    tmp_path_factory: pytest.TempPathFactory, name: str, value: float
) -> None:
    folder = tmp_path_factory.mktemp("parameter")
    (folder / "a.gpkg").touch()
    head = '[project]\nname = "a"\n[[polygons]]\nname = "a"\npath = "a.gpkg"\n[parameters]\n'
    (folder / "quarry.toml").write_text(head + f"{name} = {value!r}\n", encoding="utf-8")
    if is_allowed(name, value):
        assert getattr(load_project(folder).parameters, name) == value
    else:
        with pytest.raises(ProjectError, match=rf"line 7, parameters.{name}"):
            load_project(folder)


@settings(QUICK, max_examples=100)
@given(st.binary(max_size=300))
def test_any_bytes_are_refused(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    file = tmp_path_factory.mktemp("bytes") / "quarry.toml"
    file.write_bytes(content)
    with pytest.raises(ProjectError):
        load_project(file)


@QUICK
@given(
    arrays(
        np.float64,
        array_shapes(min_dims=2, max_dims=2, min_side=4, max_side=12),
        elements=st.integers(-3, 3).map(float),
    )
)
def test_series_turned_round_turn_their_trend(values: np.ndarray) -> None:
    offsets = np.arange(len(values) + 1) * values.shape[1]
    forward = mann_kendall(values.ravel(), offsets)
    backward = mann_kendall(values[:, ::-1].ravel(), offsets)
    assert (forward.s == -backward.s).all()
    np.testing.assert_allclose(forward.p, backward.p, rtol=1e-12, equal_nan=True)


@settings(QUICK, max_examples=12)
@given(st.text(max_size=60))
def test_any_query_is_answered_or_refused(query: str) -> None:
    with connect() as connection, suppress(QuarryError, duckdb.Error):
        result = run_query(connection, query)
        list(batches(result) if result is not None else [])
