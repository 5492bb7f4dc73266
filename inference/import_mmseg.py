"""Read a SegFormer checkpoint of MMSegmentation without running what is pickled in it.

Two things differ from transformers' SegFormer and change results without an error if they are
missed: each stage of the decode head has batch norm and ReLU behind its projection, and the fusion
convolution takes the stages in order, first to last. Layer norms have an epsilon of 1e-6.
"""

from __future__ import annotations

import pickle
import re
from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from quarrydb.errors import SourceError
from quarrydb.inference.extras import require
from quarrydb.inference.model import (
    Size,
    build_network,
    save_network,
    set_layer_norm_eps,
)
from quarrydb.inference.mix_transformer import fill_strictly
from quarrydb.inference.record import ModelRecord

if TYPE_CHECKING:
    import torch

    State = Mapping[str, torch.Tensor]

LAYER_NORM_EPS = 1e-6
REMEDY = "Name a checkpoint as MMSegmentation saved it, and its bands and classes."
# https://github.com/open-mmlab/mmsegmentation/blob/main/LICENSES.md
LICENCE_NOTE = (
    "trained with MMSegmentation, whose SegFormer head NVIDIA licenses for non-commercial use"
)


class Inert:
    """Stands in for any object of a checkpoint that is no tensor: takes every
    state, does nothing.
    """

    def __init__(self, *args: object, **kwargs: object) -> None:
        """Ignore all arguments."""

    def __call__(self, *args: object, **kwargs: object) -> Inert:
        """Be called as a function without effect."""
        return self

    def __setstate__(self, state: object) -> None:
        """Forget the state."""

    def __setitem__(self, key: object, value: object) -> None:
        """Forget the item."""

    def append(self, value: object) -> None:
        """Forget the value."""

    def extend(self, values: object) -> None:
        """Forget the values."""


class RestrictedUnpickler(pickle.Unpickler):
    """Unpickles tensors and plain containers; every other global becomes ``Inert``."""

    def find_class(self, module: str, name: str) -> Any:
        """The named global where it only rebuilds tensors, else a class that does nothing."""
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if module in {"torch._utils", "torch"} and _rebuilds_tensors(module, name):
            return super().find_class(module, name)
        return Inert


def _rebuilds_tensors(module: str, name: str) -> bool:
    if module == "torch._utils":
        return name in {"_rebuild_tensor_v2", "_rebuild_parameter"}
    return name.endswith("Storage") or name in {"float16", "float32", "float64", "int64", "Size"}


def read_checkpoint(path: Path) -> dict[str, torch.Tensor]:
    """The weights in a checkpoint file, keyed as MMSegmentation names them.

    Raises SourceError for a file that is none, or that holds no ``state_dict``.
    """
    torch = require("torch")
    unpickle = SimpleNamespace(Unpickler=RestrictedUnpickler, load=_no_load, __name__="restricted")
    try:
        loaded = torch.load(path, map_location="cpu", pickle_module=unpickle, weights_only=False)
    except Exception as error:  # a damaged pickle can raise nearly anything
        reason = str(error).partition(". ")[0].rstrip(".")
        raise SourceError(
            f"{path} can't be read as a torch checkpoint: {reason}. Copy it again, or save it again "
            "with torch 1.6 or later."
        ) from error
    state = loaded.get("state_dict", loaded) if isinstance(loaded, dict) else None
    if not state or not all(isinstance(value, torch.Tensor) for value in state.values()):
        raise SourceError(
            f"{path} holds no state_dict of tensors. Name an MMSegmentation checkpoint."
        )
    return dict(state)


def _no_load(*args: object, **kwargs: object) -> object:
    raise SourceError("it is in torch's format before 1.6")


def import_checkpoint(path: Path, folder: Path, record: ModelRecord) -> ModelRecord:
    """Convert an MMSegmentation SegFormer into a model folder; returns the record as written.

    ``record`` brings name, bands, mean, std, classes and licence; sizes are read off the weights.
    Its source is written with a note of the licence of MMSegmentation's head.
    A key that is missing, left over or of another shape raises SourceError.
    """
    state = read_checkpoint(path)
    try:
        network = network_of(state)
        signed = _checked(record, network)
    except (SourceError, IndexError, RuntimeError, ValueError, ZeroDivisionError) as error:
        # All but the first: a weight has a shape that no layer of its place can have.
        raise SourceError(f"{path}: {str(error).rstrip('.')}. {REMEDY}") from error
    return save_network(network.eval(), folder, signed)


def network_of(state: State) -> Any:
    """The SegFormer with these weights, its sizes read off their shapes."""
    network = build_network(
        size_of(state),
        n_bands=_shape(state, "backbone.layers.0.0.projection.weight", 4)[1],
        n_classes=_shape(state, "decode_head.conv_seg.weight", 4)[0],
        has_stage_activation=True,
    )
    fill_strictly(network.encoder, encoder_state(state), "the checkpoint's backbone")
    fill_strictly(network.head, head_state(state), "the checkpoint's decode head")
    set_layer_norm_eps(network, LAYER_NORM_EPS)
    return network


def _checked(record: ModelRecord, network: Any) -> ModelRecord:
    n_bands, n_classes = network.encoder.config.num_channels, network.head.classify.out_channels
    if (n_bands, n_classes) != (len(record.bands), len(record.classes)):
        raise SourceError(
            f"the checkpoint takes {n_bands} bands and tells {n_classes} classes apart; "
            f"the record names {len(record.bands)} bands and {len(record.classes)} classes"
        )
    update = {
        "decoder_channels": network.head.fuse[0].out_channels,
        "has_stage_activation": True,
        "layer_norm_eps": LAYER_NORM_EPS,
        "source": f"{record.source}; {LICENCE_NOTE}" if record.source else LICENCE_NOTE,
    }
    return record.model_copy(update=update)


def _shape(state: State, key: str, n_dimensions: int) -> tuple[int, ...]:
    if key not in state:
        raise SourceError(f"the checkpoint lacks {key}: it is no SegFormer of MMSegmentation")
    shape = tuple(state[key].shape)
    if len(shape) != n_dimensions or 0 in shape:
        raise SourceError(f"{key} has the shape {shape}, which no SegFormer's has")
    return shape


def size_of(state: State) -> Size:
    """Widths, depths and heads of the four stages, and the decoder's width, from the weights'
    shapes.
    """
    widths = [_shape(state, f"backbone.layers.{i}.0.projection.weight", 4)[0] for i in range(4)]
    blocks = {match.groups() for key in state if (match := _BLOCK.match(key))}
    depths = [sum(1 for stage, _ in blocks if stage == str(i)) for i in range(4)]
    heads = [width // widths[0] for width in widths]
    return Size(
        tuple(widths),
        tuple(depths),
        _shape(state, "decode_head.fusion_conv.conv.weight", 4)[0],
        tuple(heads),
    )


_BLOCK = re.compile(r"backbone\.layers\.(\d)\.1\.(\d+)\.norm1\.weight$")
_IGNORED = re.compile(r"(\.num_batches_tracked|^data_preprocessor\..*|^auxiliary_head\..*)$")

# Key of MMSegmentation -> key that transformers writes; groups are stage, block, and what differs.
_ENCODER_RULES: tuple[tuple[str, str], ...] = (
    (
        r"backbone\.layers\.(\d)\.0\.projection\.(weight|bias)",
        r"encoder.patch_embeddings.\1.proj.\2",
    ),
    (
        r"backbone\.layers\.(\d)\.0\.norm\.(weight|bias)",
        r"encoder.patch_embeddings.\1.layer_norm.\2",
    ),
    (r"backbone\.layers\.(\d)\.2\.(weight|bias)", r"encoder.layer_norm.\1.\2"),
    (
        r"backbone\.layers\.(\d)\.1\.(\d+)\.norm([12])\.(weight|bias)",
        r"encoder.block.\1.\2.layer_norm_\3.\4",
    ),
    (
        r"backbone\.layers\.(\d)\.1\.(\d+)\.attn\.attn\.out_proj\.(weight|bias)",
        r"encoder.block.\1.\2.attention.output.dense.\3",
    ),
    (
        r"backbone\.layers\.(\d)\.1\.(\d+)\.attn\.sr\.(weight|bias)",
        r"encoder.block.\1.\2.attention.self.sr.\3",
    ),
    (
        r"backbone\.layers\.(\d)\.1\.(\d+)\.attn\.norm\.(weight|bias)",
        r"encoder.block.\1.\2.attention.self.layer_norm.\3",
    ),
    (
        r"backbone\.layers\.(\d)\.1\.(\d+)\.ffn\.layers\.0\.(weight|bias)",
        r"encoder.block.\1.\2.mlp.dense1.\3",
    ),
    (
        r"backbone\.layers\.(\d)\.1\.(\d+)\.ffn\.layers\.1\.(weight|bias)",
        r"encoder.block.\1.\2.mlp.dwconv.dwconv.\3",
    ),
    (
        r"backbone\.layers\.(\d)\.1\.(\d+)\.ffn\.layers\.4\.(weight|bias)",
        r"encoder.block.\1.\2.mlp.dense2.\3",
    ),
)
_IN_PROJECTION = re.compile(r"backbone\.layers\.(\d)\.1\.(\d+)\.attn\.attn\.in_proj_(weight|bias)")


def encoder_state(state: State) -> dict[str, torch.Tensor]:
    """The encoder's weights under transformers' names; SourceError for a backbone key of no known
    meaning.
    """
    mapped: dict[str, torch.Tensor] = {}
    for key, tensor in state.items():
        if _IGNORED.search(key) or key.startswith("decode_head."):
            continue
        mapped.update(_encoder_entries(key, tensor))
    return mapped


def _encoder_entries(key: str, tensor: torch.Tensor) -> dict[str, torch.Tensor]:
    if match := _IN_PROJECTION.fullmatch(key):
        stage, block, kind = match.groups()
        prefix = f"encoder.block.{stage}.{block}.attention.self"
        parts = zip(("query", "key", "value"), tensor.chunk(3), strict=True)
        return {f"{prefix}.{name}.{kind}": part for name, part in parts}
    for pattern, name in _ENCODER_RULES:
        if match := re.fullmatch(pattern, key):
            is_matrix = tensor.ndim == 4 and re.search(r"mlp\.dense[12]", name)
            return {match.expand(name): tensor[:, :, 0, 0] if is_matrix else tensor}
    raise SourceError(f"the checkpoint has {key}, which no SegFormer of MMSegmentation has.")


def head_state(state: State) -> dict[str, torch.Tensor]:
    """The decode head's weights under our names; SourceError for a key of no known meaning."""
    mapped: dict[str, torch.Tensor] = {}
    for key, tensor in state.items():
        if key.startswith("decode_head."):
            mapped.update(_head_entries(key.removeprefix("decode_head."), tensor))
    return mapped


def _head_entries(key: str, tensor: torch.Tensor) -> dict[str, torch.Tensor]:
    if key.startswith("conv_seg."):
        return {key.replace("conv_seg", "classify"): tensor}
    if key == "fusion_conv.conv.weight":
        return {f"fuse.{stage}.weight": part for stage, part in enumerate(tensor.chunk(4, dim=1))}
    if key.startswith("fusion_conv.bn."):
        return {key.replace("fusion_conv.bn", "norm"): tensor}
    if match := re.fullmatch(r"convs\.(\d)\.bn\.(\w+)", key):
        return {f"project_norm.{match[1]}.{match[2]}": tensor}
    if match := re.fullmatch(r"convs\.(\d)\.conv\.weight", key):
        # MMSegmentation's projection has no bias: batch norm follows.
        return {
            f"project.{match[1]}.weight": tensor,
            f"project.{match[1]}.bias": tensor.new_zeros(len(tensor)),
        }
    raise SourceError(f"the checkpoint has decode_head.{key}, which no SegFormer head has.")
