"""Training learns planted mines, resumes to the same weights, and keeps what it says."""

import csv
import json
from dataclasses import replace

import numpy as np
import pytest

from quarrydb.errors import SourceError
from quarrydb.inference.chips import read_pair
from quarrydb.inference.record import read_record
from quarrydb.inference.training_data import (
    IGNORED,
    ChipFile,
    augment,
    band_statistics,
    class_weights,
    read_chip_table,
)

torch = pytest.importorskip("torch")

from quarrydb.inference.loss import pixel_losses  # noqa: E402
from quarrydb.inference.train import (  # noqa: E402
    NewModel,
    TrainSettings,
    learning_rate_factor,
    n_steps_of,
    train,
)

from .conftest import BANDS, CHIP_PX  # noqa: E402

TINY = TrainSettings(
    size="tiny", epochs=2, batch_size=4, learning_rate=1e-3, warmup_steps=2, crop_px=32
)
MODEL = NewModel("m", BANDS, "CC0-1.0", chip_px=CHIP_PX, scale=10_000)


@pytest.mark.slow
def test_training_finds_planted_mines_in_a_scene_it_never_saw(trained):
    record = read_record(trained / "model")
    assert record.metric["validation_mean_iou"] > 0.85
    assert 0 < record.threshold < 1
    with (trained / "history.csv").open() as file:
        history = list(csv.DictReader(file))
    assert len(history) == 25
    assert float(history[-1]["train_loss"]) < float(history[0]["train_loss"])
    best = max(history, key=lambda row: float(row["mean_iou_smoothed"]))
    assert float(best["mean_iou"]) == pytest.approx(record.metric["validation_mean_iou"])
    last = [float(row["mean_iou"]) for row in history[-3:]]
    assert float(history[-1]["mean_iou_smoothed"]) == pytest.approx(sum(last) / 3)
    assert (trained / "history.png").stat().st_size > 1000


@pytest.mark.slow
def test_resumed_run_ends_with_the_same_weights(tmp_path, chip_folder):
    chips = read_chip_table(chip_folder)[::4]
    chips = [
        ChipFile(c.site_id, c.year, s, c.image, c.mask)
        for c, s in zip(chips, _split(len(chips)), strict=True)
    ]
    whole = train(chips, tmp_path / "whole", MODEL, TINY)
    with pytest.raises(KeyboardInterrupt):
        train(chips, tmp_path / "part", MODEL, TINY, report=_interrupt)
    resumed = train(chips, tmp_path / "part", MODEL, TINY)
    assert resumed.sha256 == whole.sha256
    assert json.dumps(resumed.metric) == json.dumps(whole.metric)


def _split(n):
    return ["validation" if i % 3 == 0 else "train" for i in range(n)]


def _interrupt(row):
    raise KeyboardInterrupt


def test_a_run_goes_on_with_the_same_chips_and_settings_only(tmp_path, chip_folder):
    chips = read_chip_table(chip_folder)
    chips = chips[:4] + chips[-2:]
    once = replace(TINY, epochs=1)
    train(chips, tmp_path, MODEL, once)
    for other in (replace(MODEL, scale=255), replace(MODEL, bands=("a", "b", "c", "d"))):
        with pytest.raises(SourceError, match="other chips, bands or scale"):
            train(chips, tmp_path, other, once)
    with pytest.raises(SourceError, match="other chips, bands or scale"):
        train([*chips, read_chip_table(chip_folder)[5]], tmp_path, MODEL, once)
    with pytest.raises(SourceError, match="batch_size"):
        train(chips, tmp_path, MODEL, replace(once, batch_size=2))
    train(chips, tmp_path, MODEL, TINY)  # one epoch more
    assert len((tmp_path / "history.csv").read_text().splitlines()) == 3
    with pytest.raises(SourceError, match="no fewer epochs"):
        train(chips, tmp_path, MODEL, once)


def test_no_validation_chip_is_an_error(tmp_path, chip_folder):
    chips = [chip for chip in read_chip_table(chip_folder) if chip.split == "train"]
    with pytest.raises(SourceError, match="validation"):
        train(chips, tmp_path, MODEL, TINY)


def test_band_statistics_equal_numpy(chip_folder):
    chips = read_chip_table(chip_folder)
    values = np.concatenate(
        [read_pair(chip.image, chip.mask)[0].reshape(4, -1) for chip in chips], axis=1
    ).astype(float)
    mean, std = band_statistics(chips, scale=10_000, seed=0)
    assert mean == pytest.approx(np.nanmean(values, axis=1) / 10_000, rel=1e-6)
    assert std == pytest.approx(np.nanstd(values, axis=1) / 10_000, rel=1e-4)


def test_rarer_class_weighs_more(chip_folder):
    other, mine = class_weights(read_chip_table(chip_folder), 2)
    assert mine > other
    assert other + mine == pytest.approx(2)


def test_loss_by_hand():
    """Two pixels of 2 x 1, one sure and right, one wrong: only the wrong one is hard."""
    logits = torch.tensor([[[[5.0, 0.0]], [[-5.0, 1.0]]]])
    label = torch.tensor([[[0, 0]]])
    wrong = torch.log1p(torch.exp(torch.tensor(1.0)))
    hard, whole = pixel_losses(logits, label, [1.0, 3.0])
    sure = torch.log1p(torch.exp(torch.tensor(-10.0)))
    assert float(hard) == pytest.approx(float(wrong), abs=1e-5)
    assert float(whole) == pytest.approx(float(wrong + sure) / 2, abs=1e-5)


def test_loss_of_ignored_pixels_is_zero():
    label = torch.full((1, 4, 4), IGNORED)
    losses = pixel_losses(torch.randn(1, 2, 1, 1), label, [1.0, 1.0])
    assert [float(loss) for loss in losses] == [0, 0]


def test_learning_rate_warms_up_and_falls_to_zero():
    factors = [learning_rate_factor(step, 100, 10, 1.0) for step in range(101)]
    assert factors[0] == pytest.approx(0.1)
    assert max(factors) == 1
    assert factors[100] == 0
    assert factors[10:] == sorted(factors[10:], reverse=True)


def test_steps_are_shared_by_processes():
    settings = TrainSettings(epochs=3, batch_size=4)
    assert n_steps_of(64, settings, 1) == 48
    assert n_steps_of(64, settings, 4) == 12


@pytest.mark.parametrize("crop", [16, 32, 48])
def test_augmented_pixels_and_labels_move_together(crop):
    """A pixel's value says its label, before and after."""
    random = np.random.default_rng(crop)
    label = random.integers(0, 2, (32, 32)).astype(np.uint8)
    pixels = np.stack([label, 1 - label]).astype(np.float32)
    for _ in range(20):
        moved, moved_label = augment(pixels, label, random, crop_px=crop, scales=(0.5, 2.0))
        assert moved.shape == (2, crop, crop)
        seen = moved_label != IGNORED
        assert np.array_equal(moved[0][seen], moved_label[seen])
        assert np.isnan(moved[:, ~seen]).all()
