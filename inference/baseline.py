"""What a model must beat: simple rules fitted on the training chips, pixel by pixel."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from quarrydb.inference.chips import read_pair
from quarrydb.inference.evaluate import Tally, best_threshold
from quarrydb.inference.training_data import ChipFile
from quarrydb.loaders.image_reader import Pixels

PIXELS_PER_CHIP = 2_000
NEWTON_STEPS = 30
RIDGE = 1e-3  # keeps the weights finite where a band separates the classes

Probability = NDArray[np.float64]
Predict = Callable[[Pixels], Probability]


@dataclass(frozen=True)
class Baseline:
    """A rule from pixels (bands, h, w) to a probability (h, w), and the threshold that suits it."""

    name: str
    predict: Predict
    threshold: float


def sampled_pixels(
    chips: Sequence[ChipFile], mine_class: int, seed: int
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Pixels with data of all chips, at most so many of each: values (n, bands), and whether mine."""
    random = np.random.default_rng(seed)
    values, labels = [], []
    for chip in chips:
        pixels, mask = read_pair(chip.image, chip.mask)
        seen = np.flatnonzero(np.isfinite(pixels).all(axis=0).ravel())
        chosen = random.permutation(seen)[:PIXELS_PER_CHIP]
        values.append(pixels.reshape(len(pixels), -1)[:, chosen].T.astype(np.float64))
        labels.append(mask.ravel()[chosen] == mine_class)
    return np.concatenate(values), np.concatenate(labels)


def baselines(
    chips: Sequence[ChipFile], bands: Sequence[str], *, mine_class: int = 1, seed: int = 0
) -> list[Baseline]:
    """All background, the best threshold of one band, a logistic regression over the bands; the two
    last are fitted on ``chips``, and left out where these show one class only.
    """
    nothing = Baseline("all background", lambda pixels: np.zeros(pixels.shape[1:]), 0.5)
    if not chips:
        return [nothing]
    values, is_mine = sampled_pixels(chips, mine_class, seed)
    if is_mine.all() or not is_mine.any():
        return [nothing]
    return [nothing, best_band(values, is_mine, bands), logistic(values, is_mine)]


def best_band(
    values: NDArray[np.float64], is_mine: NDArray[np.bool_], bands: Sequence[str]
) -> Baseline:
    """The band, side and value that separate the classes best, by mean IoU."""
    best = (-np.inf, 0, 1.0, 0.5)
    ranks = [np.sort(values[:, band]) for band in range(values.shape[1])]
    for band, ranked in enumerate(ranks):
        share = np.searchsorted(ranked, values[:, band], side="right") / len(ranked)
        for sign in (1.0, -1.0):
            tally = Tally()
            tally.add(share if sign > 0 else 1 - share, is_mine)
            threshold, score = best_threshold(tally)
            if score > best[0]:
                best = (score, band, sign, threshold)
    _, band, sign, threshold = best
    ranked = ranks[band]

    def predict(pixels: Pixels) -> Probability:
        share = np.searchsorted(ranked, pixels[band].astype(float), side="right") / len(ranked)
        return share if sign > 0 else 1 - share

    side = "above" if sign > 0 else "below"
    return Baseline(f"one band ({bands[band]}, {side} a value)", predict, threshold)


def logistic(values: NDArray[np.float64], is_mine: NDArray[np.bool_]) -> Baseline:
    """Logistic regression over the bands of a pixel, fitted by Newton's method, with the threshold of
    the best mean IoU.
    """
    centre, spread = values.mean(0), values.std(0) + 1e-12

    def design(rows: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.column_stack([np.ones(len(rows)), (rows - centre) / spread])

    x, y = design(values), is_mine.astype(float)
    weights = np.zeros(x.shape[1])
    ridge = RIDGE * (np.arange(len(weights)) > 0)  # the constant stays free
    for _ in range(NEWTON_STEPS):
        p = sigmoid(x @ weights)
        slope = x.T @ (y - p) / len(x) - ridge * weights
        curve = (x * (p * (1 - p))[:, None]).T @ x / len(x) + np.diag(ridge)
        step = np.linalg.solve(curve, slope)
        weights = weights + step
        if np.abs(step).max() < 1e-9:
            break
    tally = Tally()
    tally.add(sigmoid(x @ weights), is_mine)

    def predict(pixels: Pixels) -> Probability:
        rows = np.nan_to_num(pixels.reshape(len(pixels), -1).T.astype(float), nan=0.0)
        return sigmoid(design(rows) @ weights).reshape(pixels.shape[1:])

    return Baseline("logistic regression of the bands", predict, best_threshold(tally)[0])


def sigmoid(x: NDArray[np.float64]) -> Probability:
    """Logits as probabilities."""
    return np.asarray(1 / (1 + np.exp(-np.clip(x, -500, 500))))
