"""Models of any other kind: an ONNX file that maps bands to class logits or probabilities.

The file says nothing of its bands, so that all is in ``model.json`` beside it. It runs in
onnxruntime, or in OpenVINO where that is asked for or the other one is missing, on one thread.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from quarrydb.errors import MissingExtraError, SourceError
from quarrydb.files import writing
from quarrydb.inference.extras import require
from quarrydb.inference.onnx_bounds import BoundedSession, check_sizes
from quarrydb.inference.record import ONNX_FILE, ModelRecord, write_record

if TYPE_CHECKING:
    import torch

ONNX_SUFFIX = ".onnx"
RUNTIMES = ("onnxruntime", "openvino")
# A probability of exactly 0 or 1 has a logit beyond all thresholds, but a finite one.
SMALLEST = 1e-7
# A key "location" of a tensor's external data, as protobuf may write it: tag and length in one byte or more.
EXTERNAL = re.compile(rb"(?:\x0a|\x8a\x80*\x00)(?:\x08|\x88\x80*\x00)location")
# Normalised pixels that an import is tried on: nothing, and twice the spread to either side of the mean.
PROBES = (0.0, -2.0, 2.0)

Run = Callable[[Any], Any]


def import_onnx(path: Path, folder: Path, record: ModelRecord) -> ModelRecord:
    """Copy an ONNX file into a model folder, after it has mapped one image as the record says.

    SourceError where it takes other bands, gives other classes or another grid, holds weights that
    are not finite, or keeps them in other files.
    """
    if not path.is_file():
        raise SourceError("it is no file")
    check_file(path)
    signed = record.model_copy(update={"kind": "onnx", "decoder_channels": 1})
    run = tried(lambda: runner(path, record.chip_px), "it can't be run")
    for value in PROBES:
        probe(run, signed, value)
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, folder / ONNX_FILE)
        (folder / ONNX_FILE).chmod(0o644)
        return write_record(folder, signed)


def check_file(path: Path) -> None:
    """SourceError for what is no ONNX model, keeps weights in other files, or holds NaN weights."""
    onnx = require("onnx")
    try:
        model = onnx.load(str(path), load_external_data=False)
        found = stored_tensors(model)
    except Exception as error:  # protobuf and onnx raise several types for a bad file
        raise SourceError(f"it can't be read as an ONNX model: {str(error)[:200]}") from error
    if not model.graph.node:
        raise SourceError("it can't be read as an ONNX model: it holds no graph")
    for tensor in found:
        if tensor.data_location == onnx.TensorProto.EXTERNAL:
            raise SourceError(
                f"its weights {tensor.name} lie in another file. Save it whole: "
                "onnx.save_model(model, path, save_as_external_data=False)"
            )
        if tensor.data_type in (onnx.TensorProto.FLOAT, onnx.TensorProto.DOUBLE):
            values = onnx.numpy_helper.to_array(tensor)
            if not np.isfinite(values).all():
                raise SourceError(f"its weights {tensor.name} hold NaN or infinite values")


def stored_tensors(model: Any) -> list[Any]:
    """Every stored tensor of a model: of its graph and of functions of its own."""
    return [
        *tensors(model.graph),
        *(tensor for function in model.functions for tensor in tensors_of_nodes(function.node)),
    ]


def tensors(graph: Any) -> Iterator[Any]:
    """Every stored tensor of a graph and of the graphs inside it."""
    yield from graph.initializer
    for sparse in graph.sparse_initializer:
        yield from (sparse.values, sparse.indices)
    yield from tensors_of_nodes(graph.node)


def tensors_of_nodes(nodes: Iterable[Any]) -> Iterator[Any]:
    """Every tensor that nodes hold as attributes, and those of the graphs in them."""
    for node in nodes:
        for attribute in node.attribute:
            if attribute.HasField("t"):
                yield attribute.t
            yield from attribute.tensors
            for inner in (attribute.g, *attribute.graphs):
                if inner.ByteSize():
                    yield from tensors(inner)


def tried(work: Callable[[], Any], refusal: str) -> Any:
    """What a runtime gives; SourceError where it raises, since each has types of its own."""
    try:
        return work()
    except (SourceError, MissingExtraError):
        raise
    except Exception as error:
        raise SourceError(f"{refusal}: {str(error)[:200]}") from error


def probe(run: Run, record: ModelRecord, value: float) -> None:
    """Map one image of a single value: SourceError where the result is not what the record says."""
    side = record.chip_px
    image = np.full((1, len(record.bands), side, side), value, np.float32)
    refusal = f"it does not take {len(record.bands)} bands of {side} x {side} pixels"
    found = tried(lambda: np.asarray(run(image)), refusal)
    if found.ndim != 4 or found.shape[0] != 1 or found.shape[1] != len(record.classes):
        raise SourceError(
            f"it gives an array of shape {found.shape}; (1, {len(record.classes)} classes, rows, columns) "
            "was to be"
        )
    rows, columns = found.shape[2:]
    if rows != columns or side % rows:
        raise SourceError(
            f"it maps {side} x {side} pixels to {rows} x {columns} cells, which are no blocks of pixels"
        )
    if not np.isfinite(found).all():
        raise SourceError(f"it gives NaN or infinite values for an image of {value:g}")
    if record.output == "probability" and (found.min() < -1e-3 or found.max() > 1 + 1e-3):
        raise SourceError(
            f"it gives {found.min():.3g} to {found.max():.3g}, which are no probabilities"
        )


def load_onnx(folder: Path, record: ModelRecord, runtime: str | None = None) -> Any:
    """A function from normalised images (n, bands, h, w) to class logits, as the torch network is."""
    from_numpy = require("torch").from_numpy
    path = folder / ONNX_FILE
    refusal = f"{path} can't be run"
    run = tried(lambda: runner(path, record.chip_px, runtime), refusal)

    def network(images: torch.Tensor) -> torch.Tensor:
        arrays = [image[None].numpy() for image in images]
        found = np.concatenate([tried(partial(run, one), refusal) for one in arrays])
        if not np.isfinite(found).all():
            raise SourceError(
                f"{path} gives NaN or infinite values for an image. Take another model."
            )
        logits: torch.Tensor = from_numpy(found.astype(np.float32))
        return logits_of(logits, record) if record.output == "probability" else logits

    return network


def logits_of(probability: torch.Tensor, record: ModelRecord) -> torch.Tensor:
    """Logits with the same probabilities: their logarithm for a softmax, else the log-odds."""
    import torch

    inside = probability.clamp(SMALLEST, 1 - SMALLEST)
    return torch.logit(inside) if record.activation == "sigmoid" else inside.log()


def runner(path: Path, chip_px: int, runtime: str | None = None) -> Run:
    """What runs the file: a function from one image (1, bands, h, w) to its first output."""
    check_is_whole(path)
    chosen = runtime or next((name for name in RUNTIMES if find_spec(name)), None)
    if chosen is None:
        raise MissingExtraError(
            'An ONNX model needs onnxruntime or OpenVINO. Install one: pip install "quarrydb[onnx]".'
        )
    return _onnxruntime(path) if chosen == "onnxruntime" else _openvino(path, chip_px)


def check_is_whole(path: Path) -> None:
    """SourceError where weights lie in other files, which a runtime would open whatever they are."""
    if EXTERNAL.search(path.read_bytes()):
        raise SourceError(
            f"{path} keeps weights in another file. Save it whole: "
            "onnx.save_model(model, path, save_as_external_data=False)"
        )


def _onnxruntime(path: Path) -> Run:
    session = BoundedSession(path)
    if len(session.inputs) != 1:
        raise SourceError(f"it wants {len(session.inputs)} inputs; an image is one")
    return partial(session.run, session.inputs[0])


def _openvino(path: Path, chip_px: int) -> Run:
    from quarrydb.inference.openvino_engine import ONE_EXACT_THREAD

    openvino = require("openvino")
    core = openvino.Core()
    model = core.read_model(path)
    bands = model.inputs[0].partial_shape[1]
    model.reshape([1, bands, chip_px, chip_px])
    check_sizes(model, path)
    compiled = core.compile_model(model, "CPU", ONE_EXACT_THREAD)
    return lambda image: compiled(image)[0].copy()
