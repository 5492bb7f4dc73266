"""Chips on disk as batches: read ahead, flipped, resized, cropped."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow.parquet as pq

from quarrydb.errors import SourceError
from quarrydb.inference.chips import Mask, read_pair
from quarrydb.inference.prefetch import prefetched
from quarrydb.loaders.image_reader import Pixels

if TYPE_CHECKING:
    import torch

IGNORED = 255
CHIP_TABLE = "chip.parquet"


@dataclass(frozen=True)
class ChipFile:
    """One chip on disk: its site, year, split and the two files."""

    site_id: str
    year: int
    split: str
    image: Path
    mask: Path


def read_chip_table(folder: Path) -> list[ChipFile]:
    """The chips that ``quarry chips`` wrote into ``folder``; SourceError where there are none."""
    path = folder / CHIP_TABLE
    if not path.is_file():
        raise SourceError(f"{folder} holds no {CHIP_TABLE}. Run quarry chips --out {folder} first.")
    rows = pq.read_table(path).to_pylist()
    return [
        ChipFile(
            row["site_id"],
            row["year"],
            row["split"],
            folder / row["image"],
            folder / row["mask"],
        )
        for row in rows
    ]


def read_bands(folder: Path) -> tuple[str, ...]:
    """Names of the bands of the chips in ``folder``."""
    return tuple(pq.read_table(folder / CHIP_TABLE, columns=["bands"])["bands"][0].as_py())


def read_chip_size(chips: Sequence[ChipFile]) -> int:
    """Side of the chips, pixels."""
    pixels, _ = read_pair(chips[0].image, chips[0].mask)
    return int(pixels.shape[1])


def band_statistics(
    chips: Sequence[ChipFile], *, scale: float, seed: int, n_max: int = 256
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Mean and standard deviation of each band over up to ``n_max`` chips, in units of value /
    scale.
    """
    order = np.random.default_rng(seed).permutation(len(chips))[:n_max]
    count, total, square = 0.0, 0.0, 0.0
    for index in order:
        pixels, _ = read_pair(chips[index].image, chips[index].mask)
        values = pixels.reshape(len(pixels), -1).astype(np.float64) / scale
        values = values[:, ~np.isnan(values).any(axis=0)]
        count = count + values.shape[1]
        total = total + values.sum(axis=1)
        square = square + (values**2).sum(axis=1)
    mean = np.asarray(total / count)
    std = np.sqrt(np.maximum(np.asarray(square / count) - mean**2, 1e-12))
    return tuple(mean.tolist()), tuple(std.tolist())


def class_weights(chips: Sequence[ChipFile], n_classes: int) -> list[float]:
    """Weight of each class: the root of its inverse frequency over all chips, with a mean of 1."""
    counts = np.zeros(n_classes)
    for chip in chips:
        pixels, mask = read_pair(chip.image, chip.mask)
        seen = mask[~np.isnan(pixels).any(axis=0)]
        counts += np.bincount(seen, minlength=n_classes)[:n_classes]
    weights = 1 / np.sqrt(np.maximum(counts, 1) / counts.sum())
    return [float(weight) for weight in weights * n_classes / weights.sum()]


def labelled(pixels: Pixels, mask: Mask) -> Mask:
    """The mask with pixels that have no data set to ``IGNORED``."""
    return np.where(np.isnan(pixels).any(axis=0), np.uint8(IGNORED), mask)


def augment(
    pixels: Pixels,
    label: Mask,
    random: np.random.Generator,
    *,
    crop_px: int,
    scales: tuple[float, float],
) -> tuple[Pixels, Mask]:
    """Resize by a random factor in ``scales``, crop ``crop_px`` square (padding as no data), flip
    and turn.
    """
    factor = float(np.exp(random.uniform(np.log(scales[0]), np.log(scales[1]))))
    size = max(8, round(pixels.shape[1] * factor))
    index = np.minimum(
        ((np.arange(size) + 0.5) / size * pixels.shape[1]).astype(int), pixels.shape[1] - 1
    )
    pixels, label = pixels[:, index][:, :, index], label[index][:, index]
    pixels, label = _random_crop(pixels, label, random, crop_px)
    turns = int(random.integers(4))
    pixels, label = np.rot90(pixels, turns, axes=(1, 2)), np.rot90(label, turns)
    if random.integers(2):
        pixels, label = pixels[:, :, ::-1], label[:, ::-1]
    return np.ascontiguousarray(pixels), np.ascontiguousarray(label)


def _random_crop(
    pixels: Pixels, label: Mask, random: np.random.Generator, crop_px: int
) -> tuple[Pixels, Mask]:
    short = max(0, crop_px - label.shape[0])
    if short:
        before = int(random.integers(short + 1))
        pad = (before, short - before)
        pixels = np.pad(pixels, ((0, 0), pad, pad), constant_values=np.nan)
        label = np.pad(label, (pad, pad), constant_values=IGNORED)
    top, left = (int(random.integers(label.shape[0] - crop_px + 1)) for _ in range(2))
    window = np.s_[top : top + crop_px, left : left + crop_px]
    return pixels[:, *window], label[window]


def training_batches(
    chips: Sequence[ChipFile],
    *,
    batch_size: int,
    crop_px: int,
    scales: tuple[float, float],
    seed: Sequence[int],
    rank: int = 0,
    n_ranks: int = 1,
) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    """One epoch of augmented batches: images (n, bands, crop, crop) and labels (n, crop, crop).

    ``seed`` fixes order and augmentation; each of ``n_ranks`` processes takes every n-th batch.
    """
    import torch

    random = np.random.default_rng([*seed, rank])
    order = np.random.default_rng(list(seed)).permutation(len(chips))
    n_batches = max(1, len(order) // batch_size // n_ranks) * n_ranks

    def batches() -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        for index in range(rank, n_batches, n_ranks):
            members = np.take(
                order, range(index * batch_size, (index + 1) * batch_size), mode="wrap"
            )
            pairs = [_augmented(chips[member], random, crop_px, scales) for member in members]
            images = torch.from_numpy(np.stack([pixels for pixels, _ in pairs]))
            labels = torch.from_numpy(np.stack([label for _, label in pairs])).long()
            yield images, labels

    return prefetched(batches(), depth=2)


def _augmented(
    chip: ChipFile, random: np.random.Generator, crop_px: int, scales: tuple[float, float]
) -> tuple[Pixels, Mask]:
    pixels, mask = read_pair(chip.image, chip.mask)
    return augment(pixels, labelled(pixels, mask), random, crop_px=crop_px, scales=scales)
