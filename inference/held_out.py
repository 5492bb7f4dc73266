"""``quarry evaluate``: a model on chips that it never saw, beside rules that know no neighbourhood."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import rasterio
import shapely
from numpy.typing import NDArray

from quarrydb.errors import SourceError
from quarrydb.files import replacing, write_atomically, writing
from quarrydb.inference.baseline import baselines
from quarrydb.inference.chips import Mask, read_pair
from quarrydb.inference.evaluate import THRESHOLDS, Tally, scores
from quarrydb.inference.extras import require
from quarrydb.inference.ground import to_degrees
from quarrydb.inference.model import mine_logit, normalise
from quarrydb.inference.outline import Field, upsample
from quarrydb.inference.predict import PredictSettings, load_predictor
from quarrydb.inference.training_data import ChipFile, read_bands, read_chip_table
from quarrydb.loaders.image_reader import Pixels
from quarrydb.loaders.vector_clean import geodesic_area_km2

RESAMPLES = 1_000
INTERVAL = (0.025, 0.975)
# Mines by their area in a chip, km2: upper ends and names.
SIZE_CLASSES = ((0.0, "no mine"), (0.1, "under 0.1"), (1.0, "0.1 to 1"), (np.inf, "1 and more"))
MEASURES = ("mean_iou", "iou", "f1", "precision", "recall", "accuracy")
CONFUSION = "evaluation.parquet"

Confusion = NDArray[np.float64]  # true and false positives, false and true negatives


@dataclass(frozen=True)
class ChipScore:
    """One chip: what a rule made of its pixels, and the chip's pixel area."""

    site_id: str
    confusion: Confusion
    pixel_km2: float

    @property
    def mine_km2(self) -> float:
        """Area of the mine in the mask."""
        return float(self.confusion[0] + self.confusion[2]) * self.pixel_km2


@dataclass
class Evaluation:
    """Measures of one rule over the chips: all, with 95 % intervals over sites, and by size of mine."""

    name: str
    threshold: float
    measures: dict[str, float | None] = field(default_factory=dict)
    intervals: dict[str, tuple[float | None, float | None]] = field(default_factory=dict)
    by_size: dict[str, dict[str, float | None]] = field(default_factory=dict)


@dataclass(frozen=True)
class HeldOut:
    """One chip with its probability: what a picture shows."""

    chip: ChipFile
    pixels: Pixels
    mask: Mask
    probability: NDArray[np.float32]
    logits: Field
    pixel_km2: float


def evaluate_model(
    chips_folder: Path,
    model: Path,
    out: Path,
    *,
    split: str = "test",
    threshold: float | None = None,
    seed: int = 0,
    progress: Callable[[], None] = lambda: None,
    draw: Callable[[HeldOut, float], None] = lambda chip, threshold: None,
) -> list[Evaluation]:
    """Score a model and the baselines on the chips of ``split``; ``all`` takes every chip.

    Baselines are fitted on the chips of split ``train``, unless ``split`` is ``all``. Writes
    ``evaluation.json``, and ``evaluation.parquet`` with pixels by threshold, into ``out``. SourceError
    where the split has no chip, or the model wants other bands.
    """
    chips, training = chips_of(read_chip_table(chips_folder), split)
    predictor = load_predictor(PredictSettings(model))
    order = band_order(read_bands(chips_folder), predictor.record.bands, chips_folder)
    at = threshold or predictor.record.threshold
    rules = baselines(
        training, read_bands(chips_folder), mine_class=predictor.record.mine_class, seed=seed
    )
    found: dict[str, list[ChipScore]] = {name: [] for name in ("model", *(r.name for r in rules))}
    tallies: dict[int, Tally] = {}
    for held in probabilities(chips, predictor, order):
        is_mine = held.mask == predictor.record.mine_class
        seen = np.isfinite(held.pixels).all(axis=0)
        tallies.setdefault(held.chip.year, Tally()).add(held.probability[seen], is_mine[seen])
        guesses = {"model": held.probability >= at}
        guesses |= {rule.name: rule.predict(held.pixels) >= rule.threshold for rule in rules}
        for name, guess in guesses.items():
            counted = confusion(guess[seen], is_mine[seen])
            found[name].append(ChipScore(held.chip.site_id, counted, held.pixel_km2))
        draw(held, at)
        progress()
    named = {"model": (predictor.model_id, at)} | {r.name: (r.name, r.threshold) for r in rules}
    results = [summarise(*named[name], rows, seed) for name, rows in found.items()]
    write_results(out, results, tallies, split=split, n_chips=len(chips), model=predictor.model_id)
    return results


def chips_of(chips: Sequence[ChipFile], split: str) -> tuple[list[ChipFile], list[ChipFile]]:
    """The chips to score, and those that baselines are fitted on."""
    chosen = [chip for chip in chips if split in ("all", chip.split)]
    if not chosen:
        known = ", ".join(sorted({chip.split for chip in chips}))
        raise SourceError(
            f"No chip is in the split {split}; there are {known}. Cut chips with larger --shares, or take "
            "--split all for chips that the model was not trained on."
        )
    training = [chip for chip in chips if chip.split == "train" and split not in ("all", "train")]
    return chosen, training


def band_order(there: Sequence[str], wanted: Sequence[str], folder: Path) -> list[int]:
    """Where the model's bands stand in the chips."""
    missing = [band for band in wanted if band not in there]
    if missing:
        raise SourceError(
            f"The chips in {folder} have bands {', '.join(there)}; the model needs {', '.join(missing)} too."
        )
    return [list(there).index(band) for band in wanted]


def probabilities(
    chips: Sequence[ChipFile], predictor: Any, order: Sequence[int]
) -> Iterator[HeldOut]:
    """Each chip with the model's probability on its pixels."""
    torch = require("torch")
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        for chip in chips:
            pixels, mask = read_pair(chip.image, chip.mask)
            image = torch.from_numpy(pixels[list(order)])[None]
            with torch.inference_mode():
                logits = predictor.network(normalise(image, predictor.record)).float()
                field_ = mine_logit(logits, predictor.record)[0].cpu().numpy()
            full = upsample(field_, mask.shape[0] // field_.shape[0])
            probability = (1 / (1 + np.exp(-full))).astype(np.float32)
            yield HeldOut(chip, pixels, mask, probability, field_, pixel_area_km2(chip.image))
    finally:
        torch.set_num_threads(threads)


def pixel_area_km2(path: Path) -> float:
    """Mean area of a chip's pixels on the ellipsoid, km2."""
    with rasterio.open(path) as dataset:
        frame = shapely.box(0, 0, dataset.width, dataset.height)
        crs = dataset.crs.to_string()
        parts, _ = to_degrees([frame], tuple(dataset.transform)[:6], crs)
        return sum(map(geodesic_area_km2, parts)) / (dataset.width * dataset.height)


def confusion(guess: NDArray[np.bool_], is_mine: NDArray[np.bool_]) -> Confusion:
    """True and false positives, false and true negatives."""
    both = float((guess & is_mine).sum())
    return np.array(
        [both, guess.sum() - both, is_mine.sum() - both, (~guess & ~is_mine).sum()], dtype=float
    )


def measure(rows: Sequence[ChipScore]) -> dict[str, float | None]:
    """Measures over all pixels of some chips, and how much too large the area is; None: undefined."""
    total = sum((row.confusion for row in rows), np.zeros(4))
    found: dict[str, float | None] = {name: number(scores(*total)[name]) for name in MEASURES}
    area = np.array(
        [(r.confusion[0] + r.confusion[1], r.confusion[0] + r.confusion[2]) for r in rows]
    )
    pixel = np.array([row.pixel_km2 for row in rows])
    guessed, true = (area * pixel[:, None]).sum(axis=0) if len(rows) else (0.0, 0.0)
    return found | {
        "area_bias": number(guessed / true - 1) if true else None,
        "mine_km2": number(true),
        "n_chips": len(rows),
    }


def number(value: Any) -> float | None:
    """A plain number; None for NaN."""
    return None if np.isnan(value) else float(value)


def summarise(name: str, threshold: float, rows: Sequence[ChipScore], seed: int) -> Evaluation:
    """Measures over all chips and by size of mine, with intervals from resampled sites."""
    made = Evaluation(name, threshold, measure(rows))
    made.intervals = bootstrap(rows, seed)
    lower = -np.inf
    for upper, title in SIZE_CLASSES:
        members = [row for row in rows if lower < row.mine_km2 <= upper]
        if members:
            made.by_size[title] = measure(members)
        lower = upper
    return made


def bootstrap(rows: Sequence[ChipScore], seed: int) -> dict[str, tuple[float | None, float | None]]:
    """95 % intervals of the measures over sites drawn with replacement; none for a single site."""
    sites = sorted({row.site_id for row in rows})
    if len(sites) < 2:
        return {}
    position = {site: i for i, site in enumerate(sites)}
    pixels, areas = np.zeros((len(sites), 4)), np.zeros((len(sites), 2))
    for row in rows:
        tp, fp, fn, _ = row.confusion
        pixels[position[row.site_id]] += row.confusion
        areas[position[row.site_id]] += np.array([tp + fp, tp + fn]) * row.pixel_km2
    random = np.random.default_rng(seed)
    times = random.multinomial(len(sites), np.full(len(sites), 1 / len(sites)), size=RESAMPLES)
    drawn = scores(*(times @ pixels).T)
    guessed, true = (times @ areas).T
    with np.errstate(divide="ignore", invalid="ignore"):
        bias = guessed / true - 1
    return {name: interval(drawn[name]) for name in MEASURES} | {"area_bias": interval(bias)}


def interval(values: NDArray[np.float64]) -> tuple[float | None, float | None]:
    """The middle 95 % of the values that are defined."""
    known = values[np.isfinite(values)]
    if not len(known):
        return None, None
    low, high = np.quantile(known, INTERVAL)
    return float(low), float(high)


def write_results(
    out: Path, results: Sequence[Evaluation], tallies: dict[int, Tally], **facts: object
) -> None:
    """``evaluation.json``, and pixels by year and threshold as ``[segmentation] evaluation`` takes them."""
    import json

    with writing(out):
        out.mkdir(parents=True, exist_ok=True)
    content = {**facts, "results": [asdict(result) for result in results]}
    write_atomically(out / "evaluation.json", json.dumps(content, indent=2) + "\n")
    rows = [
        {
            "year": year,
            "threshold": float(threshold),
            **dict(
                zip(
                    ("true_positive", "false_positive", "false_negative", "true_negative"),
                    counts,
                    strict=True,
                )
            ),
        }
        for year, tally in sorted(tallies.items())
        for threshold, *counts in zip(
            THRESHOLDS, *(part.astype(int).tolist() for part in tally.confusion()), strict=True
        )
    ]
    with replacing(out / CONFUSION) as temporary:
        pq.write_table(pa.Table.from_pylist(rows), temporary)
