"""Segmenting a planted project again: stopped, damaged, cleaned, year by year, on a cluster."""

import os
import shutil
import signal
import subprocess
import time

import pytest

from quarrydb.engine.build import build
from quarrydb.inference.run import segment
from quarrydb.progress import QuietProgress
from quarrydb.project import load_project
from tests.reliability.faults import QUARRY, told

from .project import YEARS, everything, query, run

pytest.importorskip("torch")
pytestmark = pytest.mark.slow


@pytest.fixture
def copied(tmp_path, planted):
    """The planted project without database and predictions; what else its build needs is stored."""
    folder = tmp_path / "project"
    without = shutil.ignore_patterns("probability", "*.duckdb")
    shutil.copytree(planted.folder, folder, ignore=without)
    return folder


@pytest.fixture
def whole(tmp_path, planted):
    """The planted project with all that it has."""
    return shutil.copytree(planted.folder, tmp_path / "project")


def test_running_again_does_nothing(planted, whole):
    result = run(whole)
    assert (result.n_done, result.n_kept) == (0, result.n_planned)
    assert everything(whole) == everything(planted.folder)


def test_clean_leaves_the_predictions(whole):
    from quarrydb.engine.clean import clean_store

    clean_store(load_project(whole))
    assert run(whole).n_done == 0


def test_clean_names_stale_predictions_and_drops_them_when_asked_to(planted, whole):
    """Other squares make other shards: the old ones are stale until they are taken back."""
    from typer.testing import CliRunner

    from quarrydb.cli.app import app
    from quarrydb.engine.clean import clean_store, stale_predictions
    from quarrydb.errors import BuildError

    folder = whole
    store = folder / ".quarry" / "store" / "probability"
    assert stale_predictions(load_project(folder)) == {}
    before = set(store.glob("*.parquet"))
    file = folder / "quarry.toml"
    text = file.read_text()
    file.write_text(text.replace("site_window_factor = 3.0", "site_window_factor = 2.5"))
    with pytest.raises(BuildError, match="not built from the project as it is now"):
        clean_store(load_project(folder), predictions=True)
    run(folder)
    assert set(stale_predictions(load_project(folder))) == before
    said = CliRunner().invoke(app, ["clean", str(folder)]).stdout
    assert f"Stale predictions: {len(YEARS) * len(planted.mines[2016])} chips of 2016-2020" in said
    assert before < set(store.glob("*.parquet"))
    clean_store(load_project(folder), predictions=True, dry_run=True)
    assert before < set(store.glob("*.parquet"))
    kept = set(store.glob("*.parquet")) - before
    result = CliRunner().invoke(app, ["clean", str(folder), "--predictions"])
    assert result.exit_code == 0
    assert set(store.glob("*.parquet")) == kept
    assert run(folder).n_done == 0
    file.write_text(
        text.replace("[segmentation", "[segmentation_off").split("[segmentation_off]")[0]
    )
    build(load_project(folder))
    clean_store(load_project(folder))
    assert set(store.glob("*.parquet")) == kept


def test_years_can_be_added_one_by_one_in_any_order(planted, copied):
    for year in (2018, 2016, 2020, 2017, 2019):
        run(copied, [year])
    assert everything(copied) == everything(planted.folder)


def test_pending_years_are_not_taken_for_empty_ones(copied):
    run(copied, [2018])
    statuses = dict(
        query(copied, "SELECT year, any_value(status) FROM raw.segmented_site GROUP BY 1")
    )
    assert statuses == {y: "done" if y == 2018 else "pending" for y in YEARS}
    kept = {row[0] for row in query(copied, "SELECT DISTINCT is_continuous FROM footprint")}
    assert kept == {None}


def test_damaged_image_sets_its_year_aside_and_the_rest_goes_on(planted, copied):
    damaged = copied / "images" / "clear_2018.tif"
    whole = damaged.read_bytes()
    damaged.write_bytes(whole[: len(whole) // 4])
    result = run(copied)
    n_sites = len(planted.mines[2016])
    assert len(result.failures) > 0
    assert all("clear_2018.tif" in text for text in result.failures)
    failed = query(
        copied,
        "SELECT count(*), min(year), max(year) FROM raw.segmented_site WHERE status = 'failed'",
    )
    assert failed == [(len(result.failures), 2018, 2018)]
    assert result.n_done == 5 * n_sites - len(result.failures)
    # 2017 and 2019 lost a neighbour, which is no reason to lose a mine.
    for year in (2017, 2019):
        dropped = query(
            copied, f"SELECT count(*) FROM footprint WHERE year = {year} AND NOT is_continuous"
        )
        wanted = query(
            planted.folder,
            f"SELECT count(*) FROM footprint WHERE year = {year} AND NOT is_continuous",
        )
        assert dropped[0][0] <= wanted[0][0]
    damaged.write_bytes(whole)
    again = run(copied)
    assert again.failures == ()
    assert everything(copied) == everything(planted.folder)


def test_killed_command_goes_on_without_losing_or_doubling(planted, copied):
    command = [*QUARRY, "segment", str(copied), "--workers", "2"]
    shards = copied / ".quarry" / "store" / "probability"
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, start_new_session=True) as process:
        while len(list(shards.glob("*.parquet"))) < 2 and process.poll() is None:
            time.sleep(0.05)
        os.killpg(process.pid, signal.SIGKILL)
    assert len(list(shards.glob("*.parquet"))) >= 2
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "segmented" in done.stdout
    assert everything(copied) == everything(planted.folder)
    statuses = query(copied, "SELECT site_id, year, count(*) FROM raw.segmented_site GROUP BY ALL")
    assert {n for _, _, n in statuses} == {1}
    assert len(statuses) == len(YEARS) * len(planted.mines[2016])


def test_command_says_by_its_exit_code_that_an_image_was_set_aside(copied):
    (copied / "images" / "clear_2018.tif").write_bytes(b"II*\0")
    (copied / "images" / "hazy_2018.tif").write_bytes(b"II*\0")
    code, _, errors = told("segment", copied, "--years", "2018-2019", "--workers", 1)
    # Neither the table nor the file says where these images lie: they are left out of the catalogue.
    assert code == 3
    assert "clear_2018.tif" in errors
    assert "hazy_2018.tif" in errors
    issues = query(
        copied, "SELECT feature_id FROM raw.load_issue WHERE source = 'images' ORDER BY 1"
    )
    assert [name for (name,) in issues] == ["clear_2018", "dry_2018", "hazy_2018"]
    whole = (copied / "images" / "clear_2019.tif").read_bytes()
    (copied / "images" / "clear_2019.tif").write_bytes(whole[: len(whole) // 4])
    code, _, errors = told("segment", copied, "--years", "2019", "--workers", 1)
    assert code == 3
    assert "clear_2019.tif" in errors
    assert "2018" not in errors
    assert "Traceback" not in errors


def test_a_cluster_of_this_machine_predicts_where_it_is_asked_to(copied, monkeypatch):
    pytest.importorskip("distributed")
    from quarrydb.inference import run as running

    project = load_project(copied)
    build(project)
    asked = []

    def predict(*given, **options):
        asked.append(options["scheduler"])
        return predict_really(*given, **options)

    predict_really = running.predict
    monkeypatch.setattr(running, "predict", predict)
    result = segment(
        project, [2016], workers=2, device="cpu", progress=QuietProgress(), use_dask=True
    )
    assert result.failures == ()
    assert result.n_done == result.n_planned > 0
    assert asked[0] is not None


@pytest.mark.parametrize("damage", ["cut", "flipped"])
def test_damaged_predictions_are_named_and_made_again(planted, copied, damage):
    stored = copied / ".quarry" / "store" / "probability"
    shutil.copytree(planted.folder / stored.relative_to(copied), stored)
    shard = sorted(stored.glob("*.parquet"))[0]
    whole = bytearray(shard.read_bytes())
    for place in range(8, len(whole) // 2) if damage == "flipped" else ():
        whole[place] ^= 0xFF
    shard.write_bytes(whole if damage == "flipped" else whole[:100])
    code, _, errors = told("build", copied)
    assert code == 4, errors
    assert shard.name in errors
    assert "Traceback" not in errors
    code, said, errors = told("segment", copied, "--workers", 1)
    assert code == 0, errors
    assert " kept, " in said
    assert everything(copied) == everything(planted.folder)
