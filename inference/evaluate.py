"""Counts and scores at every threshold, from one histogram of probabilities."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

N_STEPS = 200
THRESHOLDS: NDArray[np.float64] = np.arange(N_STEPS + 1) / N_STEPS

Counts = NDArray[np.float64]


def threshold_bin(probability: ArrayLike) -> NDArray[np.int64]:
    """The highest of the 201 thresholds 0, 0.005 ... 1 that each probability reaches, as its index.

    Exact at the thresholds themselves, where multiplying by 200 alone may fall just short.
    """
    values = np.asarray(probability, dtype=np.float64)
    index = np.clip(np.floor(values * N_STEPS).astype(np.int64), 0, N_STEPS)
    index += (index < N_STEPS) & (values >= THRESHOLDS[np.minimum(index + 1, N_STEPS)])
    index -= (index > 0) & (values < THRESHOLDS[index])
    return index


@dataclass
class Tally:
    """How many mine and other pixels (or points) have a probability in each step of 0.005."""

    mine: Counts = field(default_factory=lambda: np.zeros(N_STEPS + 1))
    other: Counts = field(default_factory=lambda: np.zeros(N_STEPS + 1))

    def add(self, probability: ArrayLike, is_mine: ArrayLike) -> None:
        """Count probabilities (any shape) against labels of the same shape."""
        index, label = threshold_bin(probability).ravel(), np.asarray(is_mine, dtype=bool).ravel()
        self.mine += np.bincount(index[label], minlength=N_STEPS + 1)
        self.other += np.bincount(index[~label], minlength=N_STEPS + 1)

    def confusion(self) -> tuple[Counts, Counts, Counts, Counts]:
        """True and false positives, false and true negatives at each threshold, predicted where p
        >= it.
        """
        true_positive = np.cumsum(self.mine[::-1])[::-1]
        false_positive = np.cumsum(self.other[::-1])[::-1]
        return (
            true_positive,
            false_positive,
            self.mine.sum() - true_positive,
            self.other.sum() - false_positive,
        )


def scores(tp: ArrayLike, fp: ArrayLike, fn: ArrayLike, tn: ArrayLike) -> Mapping[str, Counts]:
    """accuracy, precision, recall, false_positive_rate, f1, iou, mean_iou and mcc; NaN where
    undefined.
    """
    true_pos, false_pos, false_neg, true_neg = (
        np.asarray(x, dtype=float) for x in (tp, fp, fn, tn)
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        iou = true_pos / (true_pos + false_pos + false_neg)
        other_iou = true_neg / (true_neg + false_pos + false_neg)
        margin = np.sqrt(true_pos + false_pos) * np.sqrt(true_pos + false_neg)
        margin = margin * np.sqrt(true_neg + false_pos) * np.sqrt(true_neg + false_neg)
        return {
            "accuracy": (true_pos + true_neg) / (true_pos + false_pos + false_neg + true_neg),
            "precision": true_pos / (true_pos + false_pos),
            "recall": true_pos / (true_pos + false_neg),
            "false_positive_rate": false_pos / (false_pos + true_neg),
            "f1": 2 * true_pos / (2 * true_pos + false_pos + false_neg),
            "iou": iou,
            "mean_iou": (iou + other_iou) / 2,
            "mcc": (true_pos * true_neg - false_pos * false_neg) / margin,
        }


def best_threshold(tally: Tally, metric: str = "mean_iou") -> tuple[float, float]:
    """The threshold with the best ``metric`` and its value; the middle one of equals. Ends 0 and 1
    are left out.
    """
    values = np.nan_to_num(scores(*tally.confusion())[metric][1:-1], nan=-np.inf)
    best = np.flatnonzero(values == values.max())
    index = int(best[len(best) // 2]) + 1
    return float(THRESHOLDS[index]), float(values.max())
