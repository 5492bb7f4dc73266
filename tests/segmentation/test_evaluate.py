"""Held-out scores by hand and by scikit-learn, baselines, and the page that shows them."""

import json
import shutil

import numpy as np
import pyarrow.parquet as pq
import pytest

from quarrydb.errors import SourceError
from quarrydb.inference.baseline import baselines, sampled_pixels
from quarrydb.inference.held_out import (
    ChipScore,
    bootstrap,
    chips_of,
    confusion,
    evaluate_model,
    measure,
    pixel_area_km2,
    summarise,
)
from quarrydb.inference.training_data import read_chip_table

torch = pytest.importorskip("torch")


def test_measures_by_hand():
    """Two chips, of pixels of 1 and 4 ha."""
    guess = np.array([[True, True, False], [False, False, False]])
    is_mine = np.array([[True, False, True], [False, False, False]])
    assert confusion(guess, is_mine).tolist() == [1, 1, 1, 3]
    rows = [
        ChipScore("a", np.array([1.0, 1, 1, 3]), 0.01),
        ChipScore("b", np.array([2.0, 0, 2, 2]), 0.04),
    ]
    found = measure(rows)
    assert found["iou"] == pytest.approx(3 / 7)
    assert found["mean_iou"] == pytest.approx((3 / 7 + 5 / 9) / 2)
    assert found["precision"] == pytest.approx(3 / 4)
    assert found["recall"] == pytest.approx(3 / 6)
    assert found["area_bias"] == pytest.approx((0.02 + 0.08) / (0.02 + 0.16) - 1)
    by_size = summarise("m", 0.5, rows, 0).by_size
    assert {name: part["n_chips"] for name, part in by_size.items()} == {
        "under 0.1": 1,
        "0.1 to 1": 1,
    }


def test_an_interval_holds_the_measure_and_shrinks_with_sites():
    random = np.random.default_rng(0)

    def sites(n):
        return [ChipScore(f"s{i}", random.integers(1, 50, 4).astype(float), 0.01) for i in range(n)]

    few, many = sites(8), sites(200)
    low, high = bootstrap(few, 0)["mean_iou"]
    assert low < measure(few)["mean_iou"] < high
    narrow = bootstrap(many, 0)["mean_iou"]
    assert narrow[1] - narrow[0] < (high - low) / 2
    assert bootstrap(few[:1], 0) == {}
    again = [ChipScore("same", row.confusion, row.pixel_km2) for row in few]
    assert bootstrap(again, 0) == {}


def test_logistic_regression_equals_scikit_learn(chip_folder):
    linear = pytest.importorskip("sklearn.linear_model")
    chips = read_chip_table(chip_folder)[:12]
    rules = baselines(chips, ("blue", "green", "red", "nir"))
    assert [rule.name for rule in rules][::2] == [
        "all background",
        "logistic regression of the bands",
    ]
    assert rules[1].name.startswith("one band")
    values, is_mine = sampled_pixels(chips, 1, 0)
    scaled = (values - values.mean(0)) / values.std(0)
    theirs = linear.LogisticRegression(C=1000 / len(values), tol=1e-8, max_iter=1000).fit(
        scaled, is_mine
    )
    ours = rules[2].predict(values.T[:, None, :].astype(np.float32))[0]
    assert ours == pytest.approx(theirs.predict_proba(scaled)[:, 1], abs=0.02)


def test_a_baseline_needs_both_classes(chip_folder):
    assert [rule.name for rule in baselines([], ("a",))] == ["all background"]


def test_a_model_is_scored_beside_its_baselines(chip_folder, untrained, tmp_path):
    metrics = pytest.importorskip("sklearn.metrics")
    drawn = []
    results = evaluate_model(
        chip_folder,
        untrained,
        tmp_path,
        split="validation",
        draw=lambda held, at: drawn.append(held),
    )
    names = [result.name for result in results]
    assert names[0].startswith("untrained-")
    assert names[1] == "all background"
    truth = np.concatenate([held.mask.ravel() for held in drawn])
    guess = np.concatenate([held.probability.ravel() >= 0.5 for held in drawn])
    assert results[0].measures["f1"] == pytest.approx(
        metrics.f1_score(truth, guess, zero_division=0)
    )
    nothing = results[1].measures
    assert (nothing["recall"], nothing["iou"], nothing["area_bias"]) == (0, 0, -1)
    assert results[3].measures["mean_iou"] > nothing["mean_iou"]
    saved = json.loads((tmp_path / "evaluation.json").read_text())
    assert saved["results"][0]["measures"] == results[0].measures
    table = pq.read_table(tmp_path / "evaluation.parquet").to_pylist()
    assert len(table) == 201
    middle = table[100]
    tp, fp = middle["true_positive"], middle["false_positive"]
    assert (middle["threshold"], tp, fp) == (
        0.5,
        (guess & (truth == 1)).sum(),
        (guess & (truth == 0)).sum(),
    )


def test_pixels_have_their_area_on_the_ground(chip_folder):
    chip = read_chip_table(chip_folder)[0]
    assert pixel_area_km2(chip.image) == pytest.approx(1e-4, rel=2e-3)


def test_a_split_without_chips_and_missing_bands_are_said(chip_folder, untrained, tmp_path):
    chips = read_chip_table(chip_folder)
    assert chips_of(chips, "all")[1] == []
    assert {chip.split for chip in chips_of(chips, "validation")[1]} == {"train"}
    with pytest.raises(SourceError, match="--split all"):
        evaluate_model(chip_folder, untrained, tmp_path, split="test")
    shutil.copytree(untrained, tmp_path / "m")
    record = json.loads((tmp_path / "m" / "model.json").read_text())
    record["bands"] = ["blue", "green", "red", "swir"]
    (tmp_path / "m" / "model.json").write_text(json.dumps(record))
    with pytest.raises(SourceError, match="needs swir"):
        evaluate_model(chip_folder, tmp_path / "m", tmp_path, split="validation")


def test_the_command_writes_a_page_with_pictures(chip_folder, untrained, tmp_path):
    pytest.importorskip("matplotlib")
    from typer.testing import CliRunner

    from quarrydb.cli.app import app

    options = ["--model", str(untrained), "--split", "validation", "--pictures", "2"]
    done = CliRunner().invoke(app, ["evaluate", str(chip_folder), "--out", str(tmp_path), *options])
    assert done.exit_code == 0, done.output
    assert "all background: mIoU" in done.output
    page = (tmp_path / "evaluation.html").read_text()
    assert page.count("data:image/png;base64,") == 2
    assert "95 % intervals" in page


def test_an_evaluation_is_read_as_it_was_written(tmp_path):
    import pyarrow as pa

    from quarrydb.contract import LoadContext, SilentProgress
    from quarrydb.inference.evaluate import Tally
    from quarrydb.inference.held_out import write_results
    from quarrydb.loaders.evaluation import run_evaluation
    from quarrydb.project.segmentation import Segmentation
    from quarrydb.store.shards import Store

    tally = Tally()
    tally.add([0.2, 0.8, 0.9], [False, False, True])
    write_results(tmp_path, [], {2019: tally})
    path = tmp_path / "evaluation.parquet"

    def load(file):
        section = Segmentation.model_construct(evaluation=file)
        context = LoadContext(
            None, Store(tmp_path), SilentProgress(), 1, {file: "x"}, root=tmp_path
        )
        return run_evaluation(context, section=section)["raw.mask_confusion"].to_pylist()

    rows = load(path)
    assert rows[100] == {
        "year": 2019,
        "threshold": 0.5,
        "true_positive": 1,
        "false_positive": 1,
        "false_negative": 0,
        "true_negative": 1,
    }
    pq.write_table(pa.table({"year": [2019]}), tmp_path / "other.parquet")
    with pytest.raises(SourceError, match=r"other\.parquet is no evaluation"):
        load(tmp_path / "other.parquet")
