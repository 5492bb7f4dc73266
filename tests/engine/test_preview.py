"""What a build would do, said of sources and views."""

from pathlib import Path

import pytest
import shapely
from typer.testing import CliRunner

import quarrydb
from quarrydb.cli.app import app
from quarrydb.project import load_project
from tests.worlds import write_polygons, write_project

BOXES = [shapely.box(0, 0, 0.02, 0.02)]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A built project."""
    folder = write_project(tmp_path_factory.mktemp("preview") / "world", {"a": BOXES, "b": BOXES})
    quarrydb.build(str(folder))
    return folder


def said(folder: Path, *options: str) -> str:
    done = CliRunner().invoke(app, ["plan", str(folder), *options])
    assert done.exception is None, done.exception
    return done.output


def test_nothing_to_do(world: Path) -> None:
    preview = quarrydb.plan(world)
    assert preview.is_complete
    assert not preview.running
    assert not preview.changed_views
    assert said(world).splitlines()[-1].startswith("0 of ")


def test_another_outline_changes_its_source_and_what_is_made_of_it(world: Path) -> None:
    before = (world / "a.gpkg").read_bytes()
    write_polygons(world / "a.gpkg", [shapely.box(0, 0, 0.03, 0.02)])
    try:
        preview = quarrydb.plan(load_project(world))
        changed = [step.node.name for step in preview.sources if step.will_run]
        assert changed == ["load polygons a", "load mines of earlier builds"]
        assert {"mine", "country_summary"} <= set(preview.changed_views)
        assert "published_figure" not in preview.changed_views
        assert preview.other_reasons == []
        output = said(world)
    finally:
        (world / "a.gpkg").write_bytes(before)
    assert "core." not in output.replace("(core.", "")
    assert "polygons a" in output
    assert "file a.gpkg changed" in output
    assert f"{len(preview.changed_views)} of {preview.n_views} views would be made again" in output


def test_a_parameter_is_a_reason_of_views(world: Path) -> None:
    text = (world / "quarry.toml").read_text()
    (world / "quarry.toml").write_text(text + "simplify_neighbour_m = 90\n")
    try:
        output, whole = said(world), said(world, "--verbose")
    finally:
        (world / "quarry.toml").write_text(text)
    assert "Why: parameter simplify_neighbour_m changed from 100.0 to 90.0." in output
    assert "core.simplified" not in output
    assert "core.simplified" in whole


def test_a_part_is_previewed_as_it_is_built(world: Path) -> None:
    part = quarrydb.plan(world, until=["country_summary"])
    assert 0 < len(part.steps) < len(quarrydb.plan(world).steps)
