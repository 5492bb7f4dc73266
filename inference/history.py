"""The log of a training run: a table and a picture, one row an epoch."""

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

from quarrydb.files import replacing
from quarrydb.inference.extras import require

COLUMNS = (
    "epoch",
    "step",
    "learning_rate",
    "train_loss",
    "validation_loss",
    "train_loss_all",
    "validation_loss_all",
    "mean_iou",
    "mean_iou_smoothed",
    "accuracy",
    "threshold",
)


def write_history(folder: Path, history: Sequence[Mapping[str, float]]) -> None:
    """Write ``history.csv`` and ``history.png``: loss, mIoU and accuracy by epoch."""
    with (
        replacing(folder / "history.csv") as temporary,
        temporary.open("w", newline="", encoding="utf-8") as file,
    ):
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(history)
    draw_history(folder / "history.png", history)


def draw_history(path: Path, history: Sequence[Mapping[str, float]]) -> None:
    """A picture of the run: losses to the left, mIoU and accuracy to the right."""
    require("matplotlib")
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 3), layout="constrained")
    left, right = figure.subplots(1, 2)
    epochs = [row["epoch"] for row in history]
    for axis, names in (
        (left, ("train_loss", "validation_loss", "train_loss_all", "validation_loss_all")),
        (right, ("mean_iou", "mean_iou_smoothed", "accuracy")),
    ):
        for name in names:
            axis.plot(epochs, [row[name] for row in history], label=name.replace("_", " "))
        axis.set_xlabel("epoch")
        axis.legend(frameon=False)
    with replacing(path) as temporary:
        figure.savefig(temporary, dpi=120, format="png")
