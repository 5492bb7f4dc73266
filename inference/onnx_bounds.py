"""What an ONNX model may take while it runs: memory as one file may, ten minutes for an image, no text.

A few operators stand for any amount of memory (ConstantOfShape, Expand, Tile, a loop that doubles) or time (a
loop without an end), and sizes may come from pixels, so that nothing in the file tells. onnxruntime counts
what its arena gives out, and ends between two operators where it is told to; OpenVINO does neither, so there
every size must be known before.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from quarrydb.errors import SourceError
from quarrydb.inference.extras import require
from quarrydb.memory import Budget, budget

RUN_SECONDS = 600.0  # the largest model takes some seconds for an image
ARENA_FULL = "Available memory of"  # what onnxruntime says where its arena may not grow
ENDED = "terminate flag"
TEXT = 8  # ONNX's number of the type of text
OPEN_ENDED = ("Loop", "TensorIterator")
ARENA_DEFAULT = -1
OTHER_RUNTIME = "Run it in onnxruntime, which counts what it takes: --engine torch."


class BoundedSession:
    """A session of onnxruntime on one thread that ends where it takes more than it may."""

    def __init__(self, path: Path) -> None:
        """Load the model; SourceError where its weights and constants alone take too much."""
        self.path, self.limit, self.runtime = path, budget(), require("onnxruntime")
        check_no_text(path)
        bound_arena(self.limit)
        options = self.runtime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 4  # what goes wrong is raised
        options.add_session_config_entry("session.use_env_allocators", "1")
        try:
            self.session = self.runtime.InferenceSession(
                path.read_bytes(), options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # the runtime has types of its own for what it can't load
            raise self.in_plain_words(error) from error

    @property
    def inputs(self) -> list[str]:
        """Names of what the model wants."""
        return [one.name for one in self.session.get_inputs()]

    def run(self, name: str, image: Any) -> Any:
        """The first output for one image; SourceError where it takes too much or too long."""
        options = self.runtime.RunOptions()
        options.log_severity_level = 4
        timer = threading.Timer(RUN_SECONDS, setattr, (options, "terminate", True))
        timer.daemon = True
        timer.start()
        try:
            return self.session.run(None, {name: image}, options)[0]
        except Exception as error:  # as above, while it runs
            raise self.in_plain_words(error) from error
        finally:
            timer.cancel()

    def in_plain_words(self, error: Exception) -> Exception:
        """SourceError for what took too much; every other error as it is."""
        if ARENA_FULL in str(error):
            return self.limit.refuse(f"{self.path}, a model that is run,")
        if ENDED in str(error):
            return SourceError(
                f"{self.path} ran for more than {RUN_SECONDS:g} s for one image. Take another model."
            )
        return error


def bound_arena(limit: Budget) -> None:
    """Let sessions that are made from now on take no more memory than ``limit``."""
    runtime = require("onnxruntime")
    place = runtime.OrtMemoryInfo(
        "Cpu", runtime.OrtAllocatorType.ORT_ARENA_ALLOCATOR, 0, runtime.OrtMemType.DEFAULT
    )
    settings = dict.fromkeys(
        ("arena_extend_strategy", "initial_chunk_size_bytes", "max_dead_bytes_per_chunk"),
        ARENA_DEFAULT,
    )
    arena = runtime.OrtArenaCfg({**settings, "max_mem": limit.n_bytes})
    runtime.create_and_register_allocator(place, arena)


def check_no_text(path: Path) -> None:
    """SourceError where a model holds or makes text, whose memory no arena counts."""
    onnx = require("onnx")
    try:
        model = onnx.load(str(path), load_external_data=False)
        nodes = [*model.graph.node, *(n for one in model.functions for n in one.node)]
        found = next((n.op_type for n in every_node(nodes) if has_text(n)), None)
        kept = [tensor.name for tensor in model.graph.initializer if tensor.data_type == TEXT]
    except Exception as error:  # protobuf and onnx raise several types for a bad file
        raise SourceError(f"{path} can't be read as an ONNX model: {str(error)[:200]}") from error
    if found or kept:
        raise SourceError(
            f"{path} works with text ({found or kept[0]}), which no map of pixels needs. Take another model."
        )


def every_node(nodes: Iterable[Any]) -> Iterator[Any]:
    """Nodes with those of the graphs inside them."""
    for node in nodes:
        yield node
        for attribute in node.attribute:
            for inner in (attribute.g, *attribute.graphs):
                yield from every_node(inner.node)


def has_text(node: Any) -> bool:
    """Whether a node holds text, or makes it of numbers."""
    return any(
        attribute.t.data_type == TEXT
        or attribute.name.endswith(("string", "strings"))
        or (attribute.name in ("to", "dtype") and attribute.i == TEXT)
        or any(
            t.data_type == TEXT for one in (attribute.g, *attribute.graphs) for t in one.initializer
        )
        for attribute in node.attribute
    )


def check_sizes(model: Any, path: Path) -> None:
    """SourceError where a model of OpenVINO holds loops, sizes that only a run tells, or at one time more
    than it may: tensors from where they are made to where they are last asked for.
    """
    operators = model.get_ordered_ops()
    last = {id_of(one): step for step, op in enumerate(operators) for one in op.input_values()}
    limit, held, alive = budget(), 0, dict[str, int]()
    for step, operator in enumerate(operators):
        kind = operator.get_type_name()
        outputs = operator.outputs()
        if kind in OPEN_ENDED or any(one.get_partial_shape().is_dynamic for one in outputs):
            raise SourceError(
                f"{path}: how much {operator.get_friendly_name()} ({kind}) takes, only a run tells. "
                f"{OTHER_RUNTIME}"
            )
        for one in outputs:
            size = one.get_partial_shape().to_shape()
            alive[id_of(one)] = n_bytes = n_values(size) * one.get_element_type().size
            held += n_bytes
        if held > limit.n_bytes:
            raise limit.refuse(
                f"{path}, a model that is run,", f" at {operator.get_friendly_name()}"
            )
        for one in [*operator.input_values(), *outputs]:
            if last.get(id_of(one), step) == step:
                held -= alive.pop(id_of(one), 0)


def id_of(output: Any) -> str:
    """What stands for an output of an operator, however it is asked for."""
    return f"{output.get_node().get_name()} {output.get_index()}"


def n_values(shape: Iterable[int]) -> int:
    """Number of values of a shape, exact also beyond 64 bits."""
    product = 1
    for side in shape:
        product *= int(side)
    return product
