"""The planted world keeps its promises before anything is rendered."""

import numpy as np
import pytest
import shapely

from quarrydb.demo import Scale, World, make_world
from quarrydb.demo.world import kind_counts
from quarrydb.errors import ProjectError


@pytest.fixture(scope="module")
def world() -> World:
    return make_world(seed=1, scale=1)


def valid_parts(world: World) -> np.ndarray:
    shapes = shapely.make_valid(shapely.force_2d(world.source_rows.geometry.to_numpy()))
    parts = shapely.get_parts(shapely.get_parts(shapes))
    return parts[shapely.get_type_id(parts) == 3]


def test_counts_are_those_of_the_scale(world: World) -> None:
    scale, rows = world.scale, world.source_rows.source.value_counts()
    assert (rows["tang"], rows["maus"]) == (scale.n_tang, scale.n_maus)
    assert (len(world.outlines), len(world.mines)) == (scale.n_merged, scale.n_final)
    assert len(world.green) == scale.n_green
    assert len(world.countries) == scale.n_countries


def test_full_scale_has_the_counts_of_the_study() -> None:
    scale = Scale.parse("full")
    counts = (scale.n_tang, scale.n_maus, scale.n_merged, scale.n_final, scale.n_green)
    assert counts == (74_548, 44_929, 82_078, 74_726, 300_000)
    assert (scale.n_countries, scale.n_protected, scale.n_footprints) == (250, 16_000, 147_000)
    assert kind_counts(scale).min() > 0


@pytest.mark.parametrize("text", ["0", "-1", "many", "1000"])
def test_wrong_scale_is_a_project_error(text: str) -> None:
    with pytest.raises(ProjectError, match="scale"):
        Scale.parse(text)


def test_union_of_the_data_sets_is_the_planted_outlines(world: World) -> None:
    union = shapely.get_parts(shapely.union_all(valid_parts(world)))
    assert len(union) == len(world.outlines)
    found, planted = np.sort(shapely.area(union)), np.sort(shapely.area(world.outlines.geometry))
    np.testing.assert_allclose(found, planted, rtol=1e-12)


def test_green_at_the_edge_is_what_must_be_erased(world: World) -> None:
    tree = shapely.STRtree(world.green.geometry.to_numpy())
    edges = shapely.boundary(world.outlines.geometry.to_numpy())
    _, hit = tree.query(edges, predicate="intersects")
    assert set(hit) == set(np.flatnonzero(world.green.is_erased))


def test_outlines_without_their_green_are_the_mines(world: World) -> None:
    erased = shapely.union_all(world.green.geometry[world.green.is_erased].to_numpy())
    left = shapely.get_parts(shapely.difference(world.outlines.geometry.to_numpy(), erased))
    left = left[~shapely.is_empty(left)]
    found, planted = np.sort(shapely.area(left)), np.sort(shapely.area(world.mines.geometry))
    # Traced mines still have their needless vertices here.
    np.testing.assert_allclose(found, planted, rtol=0.05)
    np.testing.assert_allclose(found.sum(), planted.sum(), rtol=1e-3)


@pytest.mark.slow
def test_a_larger_world_keeps_the_same_promises() -> None:
    world = make_world(seed=3, scale=20)
    union = shapely.get_parts(shapely.disjoint_subset_union_all(valid_parts(world)))
    assert (len(union), len(world.mines)) == (world.scale.n_merged, world.scale.n_final)
    np.testing.assert_allclose(
        np.sort(shapely.area(union)), np.sort(shapely.area(world.outlines.geometry)), rtol=1e-12
    )
    _, hit = shapely.STRtree(world.green.geometry.to_numpy()).query(
        shapely.boundary(union), predicate="intersects"
    )
    assert set(hit) == set(np.flatnonzero(world.green.is_erased))
    assert len(world.countries) == 10
    assert world.countries.is_valid.all()


def test_countries_partition_the_land(world: World) -> None:
    shapes = world.countries.geometry.to_numpy()
    assert shapely.is_valid(shapes).all()
    assert shapely.area(shapely.union_all(shapes)) == pytest.approx(
        shapely.area(shapes).sum(), rel=1e-12
    )
    assert not world.countries.has_iso.all()
    assert world.countries.continent.nunique() >= 3


def test_every_shape_is_valid(world: World) -> None:
    for frame in (world.mines, world.outlines, world.green, world.protected, world.biomes):
        assert frame.is_valid.all()


@pytest.mark.parametrize("scale", [0.1, 1, 10])
def test_no_planted_vertex_would_be_simplified_away(scale: float) -> None:
    for mine in make_world(2, scale).mines.geometry:
        for ring in (mine.exterior, *mine.interiors):
            assert not _droppable(shapely.get_coordinates(ring)[:-1])


def _droppable(ring: np.ndarray) -> bool:
    """Whether a vertex has both neighbours within 100 m and lies under 15 m off their chord."""
    metres = ring * [111_320 * np.cos(np.radians(ring[0, 1])), 111_320]
    before, after = np.roll(metres, 1, axis=0), np.roll(metres, -1, axis=0)
    near = (np.hypot(*(metres - before).T) <= 100) & (np.hypot(*(metres - after).T) <= 100)
    lines = shapely.linestrings(np.stack([before, after], axis=1))
    return bool((near & (shapely.distance(lines, shapely.points(metres)) < 15)).any())


def test_same_seed_same_world_other_seed_another(world: World) -> None:
    again, other = make_world(1, 1), make_world(2, 1)
    assert again.mines.geometry.to_wkb().equals(world.mines.geometry.to_wkb())
    assert not other.mines.geometry.to_wkb().equals(world.mines.geometry.to_wkb())
