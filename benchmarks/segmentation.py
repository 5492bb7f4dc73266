"""Forward pass against the stock model, cost of prediction beside it, and bias of the outlines.

    python benchmarks/segmentation.py [--sizes b0 b5] [--json FILE]

One thread, CPU seconds, best of a few runs: the ratios hold on a busy machine. ``stock`` is transformers'
own SegFormer of the same size with random weights. The overhead is what a whole prediction (reading chips,
normalising, outlining, storing) costs beyond the bare forward passes of the same chips.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
import torch
from rasterio.transform import from_origin
from scipy.ndimage import gaussian_filter
from transformers import SegformerConfig, SegformerForSemanticSegmentation

from quarrydb.inference import outline
from quarrydb.inference.chips import Site
from quarrydb.inference.model import build_network, fold, save_network
from quarrydb.inference.openvino_engine import convert, load_converted
from quarrydb.inference.predict import PredictSettings, SiteYear, load_predictor, write_shard
from quarrydb.inference.record import ModelRecord
from quarrydb.loaders.image_reader import ImageSource
from quarrydb.store.shards import Store

CHIP_PX = 512
N_CHIPS = 24
TARGETS = {
    "b0": 2.0,
    "b5": 1.5,
    "openvino b0": 4.0,
    "openvino b5": 2.5,
    "overhead": 0.1,
    "outline bias": 0.002,
}
BANDS = ("red", "green", "blue", "nir")


def best(run: Callable[[], object], repeats: int) -> float:
    """CPU seconds of the fastest of ``repeats`` runs, after one to warm up."""
    times = []
    for _ in range(repeats + 1):
        start = time.process_time()
        run()
        times.append(time.process_time() - start)
    return min(times[1:])


def forward(size: str, repeats: int) -> dict[str, float]:
    """CPU seconds a chip of 512 pixels: stock, with the folded head, and that in OpenVINO; and the
    largest difference between the logits of the last two.
    """
    ours = build_network(size, n_bands=len(BANDS)).eval()
    config = SegformerConfig(**ours.encoder.config.model_dump())
    stock = SegformerForSemanticSegmentation(config).eval()
    folded = fold(ours)
    image = torch.randn(1, len(BANDS), CHIP_PX, CHIP_PX)
    with torch.inference_mode():
        result = {
            "stock": best(lambda: stock(image), repeats),
            "ours": best(lambda: folded(image), repeats),
        }
        result["ratio"] = result["stock"] / result["ours"]
        if find_spec("openvino"):
            result |= forward_openvino(folded, image, repeats)
            result["openvino ratio"] = result["stock"] / result["openvino"]
    return result


def forward_openvino(network: Any, image: torch.Tensor, repeats: int) -> dict[str, float]:
    """CPU seconds a chip of the same network in OpenVINO, and how far its logits are away."""
    with tempfile.TemporaryDirectory() as folder:
        graph = Path(folder) / "graph.xml"
        convert(network, tuple(image.shape[1:]), graph)
        converted = load_converted(graph)
        difference = float((converted(image) - network(image)).abs().max())
        return {
            "openvino": best(lambda: converted(image), repeats),
            "openvino difference": difference,
        }


def overhead(folder: Path, size: str) -> dict[str, float]:
    """CPU seconds of a prediction, of the forward passes in it, and the share of all the rest: reading,
    scaling, outlining, storing. Both come from one run, so that a busy machine slows both alike.
    """
    record = ModelRecord(
        name="bench",
        bands=BANDS,
        scale=10_000,
        mean=(0.1,) * 4,
        std=(0.1,) * 4,
        decoder_channels=256,
        chip_px=CHIP_PX,
        licence="CC0-1.0",
    )
    torch.manual_seed(0)
    save_network(build_network(size, n_bands=len(BANDS)), folder / "model", record)
    image = write_image(folder / "image.tif")
    site_years = [
        SiteYear(
            str(i), Site(str(i), -57.03 + 0.0025 * i, -6.0, 2_000.0), 2019, (ImageSource(image),)
        )
        for i in range(N_CHIPS)
    ]
    settings = PredictSettings(folder / "model", batch_size=1)
    predictor = load_predictor(settings)
    network = predictor.network = Timed(predictor.network)
    # What only a process's first chips cost: imports, plans of convolutions.
    write_shard(Store(folder / "first"), list(predictor.rows(site_years[:2])))
    network.cpu_s, before = 0.0, time.process_time()
    write_shard(Store(folder), list(predictor.rows(site_years)))
    whole = time.process_time() - before
    return {"bare": network.cpu_s, "whole": whole, "share": 1 - network.cpu_s / whole}


class Timed:
    """A network that adds up the CPU seconds of its forward passes, on one thread."""

    def __init__(self, network: torch.nn.Module) -> None:
        self.network, self.cpu_s = network, 0.0

    def __call__(self, pixels: torch.Tensor) -> torch.Tensor:
        """One forward pass."""
        before = time.thread_time()
        logits = self.network(pixels)
        self.cpu_s += time.thread_time() - before
        return logits


def write_image(path: Path) -> Path:
    """A tiled image of 2048 x 2048 pixels with smooth values."""
    random = np.random.default_rng(0)
    base = gaussian_filter(random.normal(size=(2048, 2048)), 8)
    values = np.clip(1500 + 4000 * base / base.std() * 0.1, 1, 9_999).astype(np.uint16)
    profile = {
        "driver": "GTiff",
        "width": 2048,
        "height": 2048,
        "count": len(BANDS),
        "dtype": "uint16",
        "crs": "EPSG:4326",
        "transform": from_origin(-57.05, -5.95, 5e-5, 5e-5),
        "nodata": 0,
        "tiled": True,
        "compress": "deflate",
    }
    with rasterio.open(path, "w", **profile) as dataset:
        dataset.write(np.stack([values] * len(BANDS)))
        dataset.descriptions = BANDS
    return path


def outline_bias(n: int = 60) -> dict[str, float]:
    """Mean relative area bias against an 8 times supersampled isoline, and CPU ms a chip."""
    biases, milliseconds, invalid = [], [], 0
    for seed in range(n):
        noise = gaussian_filter(np.random.default_rng(seed).normal(size=(128, 128)), 4)
        field = (noise / noise.std() * 2).astype(np.float32)
        start = time.process_time()
        polygons = outline.outline(field, 0.55)
        milliseconds.append(1000 * (time.process_time() - start))
        truth = float((outline.upsample(field, 32) >= outline.logit(0.55)).sum()) / 64
        biases.append((sum(polygon.area for polygon in polygons) - truth) / truth)
        invalid += sum(not polygon.is_valid for polygon in polygons)
    return {
        "mean bias": float(np.mean(biases)),
        "largest": float(np.abs(biases).max()),
        "invalid": float(invalid),
        "ms a chip": float(np.median(milliseconds)),
    }


def main() -> None:
    """Measure and print; targets stand beside."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", nargs="+", default=["b0", "b5"])
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    torch.set_num_threads(1)
    result: dict[str, dict[str, float]] = {}
    for size in options.sizes:
        result[f"forward {size}"] = forward(size, options.repeats)
    with tempfile.TemporaryDirectory() as folder:
        result["overhead b0"] = overhead(Path(folder), "b0")
    result["outline"] = outline_bias()
    for name, numbers in result.items():
        print(name, ", ".join(f"{key} {value:.4g}" for key, value in numbers.items()), flush=True)
    print("targets", TARGETS)
    if options.json:
        options.json.write_text(json.dumps({**result, "targets": TARGETS}, indent=2))


if __name__ == "__main__":
    main()
