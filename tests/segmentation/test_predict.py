"""Prediction: right probabilities in the right place, resumable, and no image takes another's result."""

import os
import signal
import subprocess
import sys
import time

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely
from pyproj import Geod

from quarrydb.inference import outline
from quarrydb.inference.chips import Chip
from quarrydb.inference.prefetch import prefetched
from quarrydb.inference.probability import (
    ProbabilityField,
    decode_logits,
    encode_logits,
    field_columns,
    field_of,
)
from quarrydb.inference.record import read_record
from quarrydb.inference.shaping import Shape, polygons_of, sample_points
from quarrydb.loaders.image_reader import ChipGrid, ImageSource
from quarrydb.store.shards import Store

torch = pytest.importorskip("torch")

from quarrydb.inference import predict as prediction  # noqa: E402
from quarrydb.inference.predict import PredictSettings, SiteYear, inside, predict  # noqa: E402

from .test_outline import random_field  # noqa: E402


def site_years(planted, years=(2019,)):
    return [
        SiteYear(f"{site.site_id}-{year}", site, year, (ImageSource(planted.image),))
        for year in years
        for site in planted.sites
    ]


def stored(store):
    files = sorted((store.root / "store" / "probability").glob("*.parquet"))
    return [row for file in files for row in pq.read_table(file).to_pylist()]


def outlines(row, threshold):
    """Polygons of a stored row, with their mean probability."""
    rows = polygons_of(field_of(row), threshold, Shape((threshold,)))
    return [(shapely.from_wkb(row["geometry"]), row["mean_probability"]) for row in rows]


def area_km2(polygons):
    geod = Geod(ellps="WGS84")
    return (
        sum(
            abs(geod.geometry_area_perimeter(shapely.orient_polygons(polygon))[0])
            for polygon in polygons
        )
        / 1e6
    )


@pytest.mark.slow
def test_held_out_sites_come_out_as_planted(tmp_path, scenes, trained):
    planted = scenes[3]
    store = Store(tmp_path)
    list(predict(site_years(planted), store, PredictSettings(trained / "model")))
    threshold = read_record(trained / "model").threshold
    placed = [pair for row in stored(store) for pair in outlines(row, threshold)]
    found = [polygon for polygon, _ in placed]
    assert all(polygon.is_valid for polygon in found)
    truth = shapely.union_all(planted.mines)
    squares = [square(site) for site in planted.sites]
    truth = truth.intersection(shapely.union_all(squares))
    union = shapely.union_all(found)
    iou = union.intersection(truth).area / union.union(truth).area
    assert iou > 0.8
    assert area_km2(shapely.get_parts(union)) == pytest.approx(
        area_km2(shapely.get_parts(truth)), rel=0.1
    )
    assert all(probability > threshold for _, probability in placed)


def square(site):
    geod = Geod(ellps="WGS84")
    lon, lat, _ = geod.fwd(
        [site.longitude] * 4, [site.latitude] * 4, [0, 90, 180, 270], [site.side_m / 2] * 4
    )
    return shapely.box(min(lon), min(lat), max(lon), max(lat))


@pytest.mark.slow
def test_processes_give_what_one_process_gives(tmp_path, scenes, trained):
    settings = PredictSettings(trained / "model")
    one, two = Store(tmp_path / "one"), Store(tmp_path / "two")
    list(predict(site_years(scenes[3]), one, settings, shard_rows=4))
    list(predict(site_years(scenes[3]), two, settings, workers=2, shard_rows=4))
    assert [p.name for p in sorted(one.root.rglob("*.parquet"))] == [
        p.name for p in sorted(two.root.rglob("*.parquet"))
    ]
    assert stored(one) == stored(two)


def test_unreadable_image_is_set_aside_with_its_reason(tmp_path, scenes, untrained):
    planted = scenes[0]
    damaged = tmp_path / "damaged.tif"
    whole = planted.image.read_bytes()
    damaged.write_bytes(whole[: len(whole) // 3])
    good = site_years(planted)[:3]
    bad = SiteYear("bad", planted.sites[0], 2020, (ImageSource(damaged),))
    (outcome,) = predict([good[0], bad, *good[1:]], Store(tmp_path), PredictSettings(untrained))
    assert outcome.n_done == 3
    assert "damaged.tif" in outcome.failures[0]
    rows = {row["key"]: row for row in stored(Store(tmp_path))}
    assert rows["bad"]["status"] == "failed"
    assert rows["bad"]["logits"] is None
    assert {row["status"] for key, row in rows.items() if key != "bad"} == {"done"}


def test_results_stay_with_their_sites_whatever_the_batch(tmp_path, scenes, untrained):
    items = site_years(scenes[0])[:5]
    results = []
    for batch in (1, 3):
        store = Store(tmp_path / str(batch))
        list(predict(items, store, PredictSettings(untrained, batch_size=batch)))
        results.append({row["key"]: row for row in stored(store)})
    for key, row in results[0].items():
        other = results[1][key]
        assert row["transform"] == other["transform"]
        assert field_of(row).logits == pytest.approx(field_of(other).logits, rel=0.04, abs=0.04)


def ramp(n_seen=None, shape=(8, 8)):
    """Logits that rise along a row, in cells of 4 pixels of 0.01 degrees."""
    logits = np.arange(64, dtype=np.float32).reshape(8, 8)[: shape[0], : shape[1]] / 10
    seen = np.full(shape, 16) if n_seen is None else n_seen
    return ProbabilityField(logits, seen, 4, "EPSG:4326", (0.04, 0, 10.0, 0, -0.04, 5.0))


def test_point_probability_is_that_of_the_field():
    at = [("a", 10.0 + 0.02, 5.0 - 0.02), ("b", 10.0 + 0.06, 5.0 - 0.02), ("outside", 9.9, 5.0)]
    expected = 1 / (1 + np.exp(-np.array([0.0, 0.1])))
    sampled = sample_points(at, ramp())
    assert [row["point_id"] for row in sampled] == ["a", "b"]
    assert [row["probability"] for row in sampled] == pytest.approx(expected, abs=1e-6)
    hidden = np.full((8, 8), 16)
    hidden[0, 1] = 0
    assert [row["point_id"] for row in sample_points(at, ramp(hidden))] == ["a"]


def test_a_square_seen_whole_shows_all_of_its_mines_as_pixels_say():
    corner = np.full((8, 8), 16)
    corner[7, 7] = 0
    whole, pixels = ramp(), ramp(corner)
    assert whole.is_whole
    assert not pixels.is_whole
    for mine in (shapely.box(10.1, 4.8, 10.15, 4.85), shapely.box(9.9, 4.8, 10.1, 5.2)):
        assert whole.seen_share_of(mine) == pixels.seen_share_of(mine) == 1
    assert whole.seen_share_of(shapely.box(1, 1, 2, 2)) is None


def test_ground_without_data_is_no_mine_and_not_seen():
    """The right half of a chip of 16 pixels has no data, and half of one more cell."""
    grid = ChipGrid("EPSG:4326", (0.01, 0, 0, 0, -0.01, 0), 16, (0, 0, 16, 16))
    pixels = np.zeros((1, 16, 16), np.float32)
    pixels[:, :, 8:] = np.nan
    pixels[:, :2, :4] = np.nan
    found = inside(Chip(pixels, grid), np.ones((4, 4), np.float32))
    assert (found.seen_logits[:, :2] == 1).all()
    assert (found.seen_logits[:, 2:] < -10).all()
    assert found.seen_share == (128 - 8) / 256
    left, right = shapely.box(0, -0.16, 0.08, 0), shapely.box(0.085, -0.15, 0.12, -0.01)
    assert found.seen_share_of(left) == (128 - 8) / 128
    assert found.seen_share_of(right) == 0
    assert found.seen_share_of(shapely.box(1, 1, 2, 2)) is None
    again = field_of(field_columns(found))
    assert np.array_equal(again.n_seen, found.n_seen)


def test_stored_logits_give_the_areas_of_the_field():
    """One byte a cell: within half a percent at the thresholds that people take, and small."""
    for seed in range(4):
        field = random_field(seed)
        data = encode_logits(field)
        kept = decode_logits(data, field.shape)
        assert abs(kept - field).max() < 0.03 * max(1.0, float(abs(field).max()))
        assert np.array_equal(decode_logits(encode_logits(kept), kept.shape), kept)
        for threshold in (0.5, 0.55, 0.625, 0.7):
            areas = [
                sum(p.area for p in outline.outline(values, threshold)) for values in (field, kept)
            ]
            assert areas[1] == pytest.approx(areas[0], rel=0.005)
        assert len(pa.compress(data, codec="zstd")) < 12_000


@pytest.mark.slow
def test_a_dead_worker_is_replaced(tmp_path, scenes, untrained, monkeypatch):
    items, settings = site_years(scenes[0]), PredictSettings(untrained)
    alone, spread = Store(tmp_path / "alone"), Store(tmp_path / "spread")
    list(predict(items, alone, settings, shard_rows=4))
    monkeypatch.setattr(prediction, "predict_job", _dies_once)
    found = list(predict(items, spread, settings, workers=2, shard_rows=4))
    assert (tmp_path / "died").exists()
    assert sum(outcome.n_done for outcome in found) == len(items)
    one, other = (
        {path.name: path.read_bytes() for path in (store.root / "store").rglob("*.parquet")}
        for store in (alone, spread)
    )
    assert len(one) > 1
    assert one == other


def _dies_once(job):
    flag = job.store.root.parent / "died"
    if not flag.exists():
        flag.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return prediction.predict_job(job)


@pytest.mark.slow
def test_a_cluster_predicts_what_one_process_does(tmp_path, scenes, untrained):
    """Two Dask workers, one of them killed while it predicts."""
    distributed = pytest.importorskip("distributed")
    from functools import partial

    from quarrydb.workers.dask_cluster import DaskExecutor, check_workers_see_store, marker_of

    items, settings = site_years(scenes[0]), PredictSettings(untrained)
    list(predict(items, Store(tmp_path / "alone"), settings, shard_rows=2))
    spread = Store(tmp_path / "spread")
    options = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": ":0"}
    with distributed.LocalCluster(**options) as cluster, distributed.Client(cluster) as client:
        check_workers_see_store(client, spread.root)
        make = partial(DaskExecutor, client, marker_of(spread.root))
        found = predict(items, spread, settings, workers=2, shard_rows=2, scheduler=make)
        next(found)
        os.kill(next(iter(client.run(os.getpid).values())), signal.SIGKILL)
        assert sum(outcome.n_done for outcome in found) >= len(items) - 2
    one, other = (
        {path.name: path.read_bytes() for path in (store.root / "store").rglob("*.parquet")}
        for store in (Store(tmp_path / "alone"), spread)
    )
    assert len(one) > 2
    assert one == other


KILLED = """
import sys, pickle
from pathlib import Path
from quarrydb.inference.predict import predict, PredictSettings
from quarrydb.store.shards import Store
if __name__ == "__main__":
    items, root, model = pickle.loads(Path(sys.argv[1]).read_bytes())
    for outcome in predict(items, Store(root), PredictSettings(model), shard_rows=1):
        print(outcome.n_done, flush=True)
"""


@pytest.mark.slow
def test_killed_run_leaves_whole_shards_only(tmp_path, scenes, untrained):
    import pickle

    items = [item for planted in scenes for item in site_years(planted, (2019, 2020))]
    (tmp_path / "job").write_bytes(pickle.dumps((items, tmp_path, untrained)))
    (tmp_path / "run.py").write_text(KILLED)
    command = [sys.executable, str(tmp_path / "run.py"), str(tmp_path / "job")]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        for _ in range(7):
            process.stdout.readline()
        process.kill()
    rows = stored(Store(tmp_path))
    assert 7 <= len(rows) < len(items)
    keys = [row["key"] for row in rows]
    assert len(set(keys)) == len(keys)


def test_prefetched_keeps_order_and_hands_on_errors():
    def numbers():
        yield from range(5)
        raise ValueError("end")

    ahead = prefetched(numbers(), depth=2)
    assert [next(ahead) for _ in range(5)] == [0, 1, 2, 3, 4]
    with pytest.raises(ValueError, match="end"):
        next(ahead)


def test_leaving_prefetched_early_stops_its_thread():
    import threading

    before = threading.active_count()
    for number in prefetched(iter(range(1000)), depth=2):
        if number == 3:
            break
    deadline = time.monotonic() + 5
    while threading.active_count() > before and time.monotonic() < deadline:
        time.sleep(0.02)
    assert threading.active_count() <= before
