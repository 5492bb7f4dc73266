"""The commands: datasets, init --country, plan, update, build --offline."""

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from quarrydb.cli.app import app
from quarrydb.engine.builder import Builder
from quarrydb.engine.update import find_changes, take_over
from quarrydb.errors import NetworkError, ProjectError
from quarrydb.fetch.catalogue import catalogue, shipped
from quarrydb.fetch.lockfile import LockFile
from quarrydb.project import load_project
from quarrydb.provenance.licence import Source, spdx_expression
from tests.fetch.server import Server
from tests.fetch.world import publish, write_project


def run(*arguments: str) -> str:
    """What a command prints; its error is raised."""
    done = CliRunner().invoke(app, list(arguments), catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


@pytest.fixture
def far(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project whose data the server has."""
    monkeypatch.setenv("QUARRY_CACHE", str(tmp_path / "cache"))
    publish(server.folder)
    return write_project(tmp_path / "far", server.address, f'hosts = ["{server.host}"]')


def test_datasets_lists_all_and_shows_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    listed = run("datasets")
    assert all(name in listed for name in shipped())
    shown = run("datasets", "maus2022")
    assert "CC-BY-SA-4.0" in shown
    assert "10.1594/PANGAEA.942325" in shown
    with pytest.raises(ProjectError, match="Did you mean tang2023"):
        run("datasets", "tang2022")


@pytest.mark.parametrize("dataset", shipped().values(), ids=shipped())
def test_every_data_set_says_what_it_asks(dataset) -> None:  # type: ignore[no-untyped-def]
    source = Source(dataset.name, dataset.kind, dataset.licence, dataset.citation)
    known = spdx_expression(dataset.licence) or source.is_kept_back
    assert known or (dataset.licence == "as its record says" and not dataset.is_open)
    assert dataset.is_open or dataset.how
    for variant in dataset.variant:
        assert all(address.startswith("https://") for address in variant.addresses)


def test_a_user_writes_a_data_set_of_his_own(tmp_path: Path) -> None:
    (tmp_path / "datasets").mkdir()
    (tmp_path / "datasets" / "ours.toml").write_text(
        'title = "Ours"\nkind = "polygons"\npage = "https://ours.org"\nlicence = "CC0-1.0"\n'
        'asks = "nothing"\ncitation = "We"\nsize = "small"\n'
        '[[variant]]\nname = "file"\naccess = "whole"\naddress = "https://ours.org/mines.gpkg"\n'
    )
    assert catalogue(tmp_path)["ours"].title == "Ours"
    project = '[project]\nname = "x"\n[[polygons]]\ndataset = "ours"\n'
    (tmp_path / "quarry.toml").write_text(project)
    with pytest.raises(ProjectError, match=r"ours\.org is no host of a known data set"):
        load_project(tmp_path)
    (tmp_path / "quarry.toml").write_text(project + '[network]\nhosts = ["ours.org"]\n')
    (source,) = load_project(tmp_path).polygons
    assert (source.name, source.licence) == ("ours", "CC0-1.0")
    (tmp_path / "datasets" / "ours.toml").write_text('title = "Ours"\nlicense = "x"\n')
    with pytest.raises(ProjectError, match=r"ours\.toml has mistakes"):
        load_project(tmp_path)


def test_init_of_a_country_is_a_project_that_loads(tmp_path: Path) -> None:
    said = run("init", str(tmp_path / "ghana"), "--country", "gha")
    assert "quarry build --fetch" in said
    project = load_project(tmp_path / "ghana")
    assert project.area == ["GHA"]
    assert {source.name for source in project.polygons} == {"tang2023", "maus2022"}
    assert len(project.indicator[0].path) == 72
    assert len(project.landcover.path) == 26  # type: ignore[union-attr]
    run("init", str(tmp_path / "two"), "--country", "GHA,CIV")
    assert load_project(tmp_path / "two").area == ["GHA", "CIV"]
    with pytest.raises(ProjectError, match="'GHANA!' is no country code"):
        run("init", str(tmp_path / "none"), "--country", "Ghana!")


def test_plan_says_what_there_is_to_fetch_before_anything_moves(server: Server, far: Path) -> None:
    said = run("plan", str(far))
    assert re.search(r"landcover +127\.0\.0\.1:\d+ +\? +3 +\? +nothing", said)
    assert "The steps are known once they are here: quarry build --fetch" in said
    assert server.requests == []
    Builder(load_project(far), fetch=True)
    said = run("plan", str(far))
    assert re.search(r"indicator ndvi .* 3 +about \d+\.\d +3 files", said)
    assert "steps would run" in said


def test_update_says_what_changed_and_takes_it_over_when_told(server: Server, far: Path) -> None:
    Builder(load_project(far), fetch=True)
    assert "8 files asked for, 0 changed." in run("update", str(far))
    server.etags["/cover_2019.tif"] = '"new"'
    before = (far / "quarry.lock").read_text()
    said = run("update", str(far))
    assert 'changed, "new": ' in said
    assert "Take the changes over with --take." in said
    assert (far / "quarry.lock").read_text() == before
    run("update", str(far), "--take")
    address = f"{server.address}/cover_2019.tif"
    assert LockFile(far / "quarry.lock").find(address) is None
    Builder(load_project(far), fetch=True)
    entry = LockFile(far / "quarry.lock").find(address)
    assert entry is not None
    assert entry.etag == '"new"'


def test_a_file_that_is_gone_is_named_and_stays_in_the_lock(server: Server, far: Path) -> None:
    Builder(load_project(far), fetch=True)
    (server.folder / "cover_2019.tif").unlink()
    project = load_project(far)
    changes, _ = find_changes(project)
    assert [change.what for change in changes] == ["gone"]
    with pytest.raises(NetworkError, match=r"cover_2019\.tif is gone .* Nothing was taken over"):
        take_over(project, changes)


def test_offline_is_said_and_kept(
    server: Server, far: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for arguments in (["--offline", "--fetch"], ["--fetch"]):
        if arguments == ["--fetch"]:
            monkeypatch.setenv("QUARRY_OFFLINE", "1")
        with pytest.raises(NetworkError, match="this run is offline"):
            run("build", str(far), *arguments)
    assert server.requests == []
