"""The inference form of a model, converted for OpenVINO once and run on one thread a process.

Numbers stay float32, so that the logits are torch's but for rounding.
"""

from __future__ import annotations

import shutil
import warnings
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from quarrydb.inference.extras import require
from quarrydb.inference.model import load_network
from quarrydb.inference.record import read_record
from quarrydb.scratch import private_folder
from quarrydb.store.shards import Store, fingerprint

KIND = "openvino"
SUFFIXES = (".bin", ".xml")  # the weights first: where the graph stands, both are whole
ONE_EXACT_THREAD = {
    "INFERENCE_NUM_THREADS": 1,
    "NUM_STREAMS": 1,
    "INFERENCE_PRECISION_HINT": "f32",
}
# Raise when conversion gives another graph for the same weights.
REVISION = 1


def converted_model(folder: Path, store: Store) -> Path:
    """The model in ``folder`` as OpenVINO's graph, converted unless ``store`` has it."""
    openvino = require("openvino")
    record = read_record(folder)
    key = fingerprint(REVISION, openvino.__version__, record.model_dump(mode="json"))
    if not all(store.has(KIND, key, suffix) for suffix in SUFFIXES):
        with private_folder() as made:
            written = made / f"{key}.xml"
            shape = (len(record.bands), record.chip_px, record.chip_px)
            convert(load_network(folder)[0], shape, written)
            for suffix in SUFFIXES:
                with written.with_suffix(suffix).open("rb") as source:
                    store.put(store.path(KIND, key, suffix), partial(shutil.copyfileobj, source))
    return store.path(KIND, key, ".xml")


def convert(network: Any, shape: tuple[int, int, int], path: Path) -> None:
    """Write ``network`` for one image (bands, rows, columns) at a time as ``path`` (.xml) and .bin.

    A fixed shape halves the time: transposes of a shape known before are planned, not done.
    """
    openvino, torch = require("openvino"), require("torch")
    with warnings.catch_warnings(), torch.inference_mode():
        warnings.simplefilter("ignore")  # tracing warns of shapes that it takes as fixed: they are
        graph = openvino.convert_model(
            network, example_input=torch.zeros(1, *shape), input=[(1, *shape)]
        )
    openvino.save_model(graph, path, compress_to_fp16=False)


def load_converted(path: Path) -> Any:
    """A function from images to class logits, as the torch network is."""
    openvino, torch = require("openvino"), require("torch")
    compiled = openvino.Core().compile_model(path, "CPU", ONE_EXACT_THREAD)

    def network(images: Any) -> Any:
        logits = [compiled(image[None].numpy())[0].copy() for image in images]
        return torch.from_numpy(np.concatenate(logits))

    return network
