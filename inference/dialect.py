"""How different code names the weights of one SegFormer.

Four namings are known: MMSegmentation 1 (and its mit_b0.pth encoders), the original code of Xie et
al. 2021, which MMSegmentation 0.x kept, transformers, and this package. Each is a function from our
name of a weight to theirs, so that what a checkpoint lacks is told in its own words.

Two things differ and change results without an error if they are missed: MMSegmentation has batch
norm and ReLU behind each stage's projection in the decode head, and its fusion convolution takes the
stages first to last where the others take them last to first.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from quarrydb.errors import SourceError

if TYPE_CHECKING:
    import torch

    State = Mapping[str, torch.Tensor]

# What training wraps around a network's names.
WRAPPERS = ("module.", "_orig_mod.", "model.")
# Weights that are no part of the network, or a classifier of whole images on top of an encoder.
IGNORED = re.compile(
    r".*\.num_batches_tracked|data_preprocessor\..*|auxiliary_head\..*"
    r"|classifier\.(weight|bias)|(backbone\.)?head\.(weight|bias)"
)
# https://github.com/open-mmlab/mmsegmentation/blob/main/LICENSES.md
NVIDIA_NOTE = "NVIDIA licenses for non-commercial use"


@dataclass(frozen=True)
class Origin:
    """Where one of our weights stands in a checkpoint: its name there, or the n-th of equal parts."""

    name: str
    part: int = 0
    n_parts: int = 1
    axis: int = 0


@dataclass(frozen=True)
class Dialect:
    """One naming: what tells it, its names of encoder and head, its layer norms' epsilon."""

    title: str
    mark: re.Pattern[str]
    encoder: Callable[[str], Origin]
    head: Callable[[str], Origin | None]
    has_stage_activation: bool = False
    layer_norm_eps: float = 1e-6
    note: str = ""
    unused: re.Pattern[str] = re.compile(r"(?!)")


def unwrapped(state: State) -> dict[str, torch.Tensor]:
    """The weights without what DistributedDataParallel, torch.compile and Lightning put before names."""
    found = {}
    for key, tensor in state.items():
        name = key
        while name.startswith(WRAPPERS):
            name = name.partition(".")[2]
        found[name] = tensor
    return found


def dialect_of(state: State) -> tuple[Dialect, str]:
    """The naming of a checkpoint and the prefix of its encoder; SourceError where none fits."""
    for dialect in DIALECTS:
        for key in sorted(state):
            if match := dialect.mark.fullmatch(key):
                return dialect, match[1] or ""
    titles = ", ".join(dialect.title for dialect in DIALECTS)
    shown = ", ".join(sorted(state)[:4])
    raise SourceError(
        f"it is no SegFormer: weights named {shown} ... fit none of the namings of {titles}"
    )


def _renamed(rules: Sequence[tuple[str, str]], name: str) -> str:
    for pattern, target in rules:
        if match := re.fullmatch(pattern, name):
            return match.expand(target)
    raise SourceError(f"{name} is no weight of a SegFormer")  # a mistake in the rules


# Ours -> theirs; groups are stage, block and what follows.
_MMSEG = (
    (r"encoder\.patch_embeddings\.(\d)\.proj\.(\w+)", r"layers.\1.0.projection.\2"),
    (r"encoder\.patch_embeddings\.(\d)\.layer_norm\.(\w+)", r"layers.\1.0.norm.\2"),
    (r"encoder\.layer_norm\.(\d)\.(\w+)", r"layers.\1.2.\2"),
    (r"encoder\.block\.(\d)\.(\d+)\.layer_norm_([12])\.(\w+)", r"layers.\1.1.\2.norm\3.\4"),
    (
        r"encoder\.block\.(\d)\.(\d+)\.attention\.output\.dense\.(\w+)",
        r"layers.\1.1.\2.attn.attn.out_proj.\3",
    ),
    (r"encoder\.block\.(\d)\.(\d+)\.attention\.self\.sr\.(\w+)", r"layers.\1.1.\2.attn.sr.\3"),
    (
        r"encoder\.block\.(\d)\.(\d+)\.attention\.self\.layer_norm\.(\w+)",
        r"layers.\1.1.\2.attn.norm.\3",
    ),
    (r"encoder\.block\.(\d)\.(\d+)\.mlp\.dense1\.(\w+)", r"layers.\1.1.\2.ffn.layers.0.\3"),
    (r"encoder\.block\.(\d)\.(\d+)\.mlp\.dwconv\.dwconv\.(\w+)", r"layers.\1.1.\2.ffn.layers.1.\3"),
    (r"encoder\.block\.(\d)\.(\d+)\.mlp\.dense2\.(\w+)", r"layers.\1.1.\2.ffn.layers.4.\3"),
)
_ATTENTION = re.compile(
    r"encoder\.block\.(\d)\.(\d+)\.attention\.self\.(query|key|value)\.(weight|bias)"
)
_PARTS = {"query": 0, "key": 1, "value": 2}


def _mmseg_encoder(name: str) -> Origin:
    if match := _ATTENTION.fullmatch(name):
        stage, block, part, kind = match.groups()
        return Origin(f"layers.{stage}.1.{block}.attn.attn.in_proj_{kind}", _PARTS[part], 3)
    return Origin(_renamed(_MMSEG, name))


def _mmseg_head(name: str) -> Origin | None:
    if match := re.fullmatch(r"fuse\.(\d)\.weight", name):
        return Origin("decode_head.fusion_conv.conv.weight", int(match[1]), 4, axis=1)
    if re.fullmatch(r"project\.\d\.bias", name):
        return None  # batch norm follows: there is none
    rules = (
        (r"project\.(\d)\.weight", r"decode_head.convs.\1.conv.weight"),
        (r"project_norm\.(\d)\.(\w+)", r"decode_head.convs.\1.bn.\2"),
        (r"norm\.(\w+)", r"decode_head.fusion_conv.bn.\1"),
        (r"classify\.(\w+)", r"decode_head.conv_seg.\1"),
    )
    return Origin(_renamed(rules, name))


def _original_encoder(name: str) -> Origin:
    def plus(match: re.Match[str]) -> str:
        return str(int(match[0]) + 1)

    stage = re.sub(r"(?<=\.)\d(?=\.)", plus, name, count=1)
    if match := _ATTENTION.fullmatch(stage):
        number, block, part, kind = match.groups()
        if part == "query":
            return Origin(f"block{number}.{block}.attn.q.{kind}")
        return Origin(f"block{number}.{block}.attn.kv.{kind}", _PARTS[part] - 1, 2)
    rules = (
        (r"encoder\.patch_embeddings\.(\d)\.proj\.(\w+)", r"patch_embed\1.proj.\2"),
        (r"encoder\.patch_embeddings\.(\d)\.layer_norm\.(\w+)", r"patch_embed\1.norm.\2"),
        (r"encoder\.layer_norm\.(\d)\.(\w+)", r"norm\1.\2"),
        (r"encoder\.block\.(\d)\.(\d+)\.layer_norm_([12])\.(\w+)", r"block\1.\2.norm\3.\4"),
        (
            r"encoder\.block\.(\d)\.(\d+)\.attention\.output\.dense\.(\w+)",
            r"block\1.\2.attn.proj.\3",
        ),
        (r"encoder\.block\.(\d)\.(\d+)\.attention\.self\.sr\.(\w+)", r"block\1.\2.attn.sr.\3"),
        (
            r"encoder\.block\.(\d)\.(\d+)\.attention\.self\.layer_norm\.(\w+)",
            r"block\1.\2.attn.norm.\3",
        ),
        (r"encoder\.block\.(\d)\.(\d+)\.mlp\.dense([12])\.(\w+)", r"block\1.\2.mlp.fc\3.\4"),
        (
            r"encoder\.block\.(\d)\.(\d+)\.mlp\.dwconv\.dwconv\.(\w+)",
            r"block\1.\2.mlp.dwconv.dwconv.\3",
        ),
    )
    return Origin(_renamed(rules, stage))


def _original_head(name: str) -> Origin:
    if match := re.fullmatch(r"fuse\.(\d)\.weight", name):
        return Origin("decode_head.linear_fuse.conv.weight", 3 - int(match[1]), 4, axis=1)
    if match := re.fullmatch(r"project\.(\d)\.(\w+)", name):
        return Origin(f"decode_head.linear_c{int(match[1]) + 1}.proj.{match[2]}")
    rules = (
        (r"norm\.(\w+)", r"decode_head.linear_fuse.bn.\1"),
        (r"classify\.(\w+)", r"decode_head.linear_pred.\1"),
    )
    return Origin(_renamed(rules, name))


def _transformers_encoder(name: str) -> Origin:
    return Origin(name)


def _transformers_head(name: str) -> Origin:
    if match := re.fullmatch(r"fuse\.(\d)\.weight", name):
        return Origin("decode_head.linear_fuse.weight", 3 - int(match[1]), 4, axis=1)
    rules = (
        (r"project\.(\d)\.(\w+)", r"decode_head.linear_c.\1.proj.\2"),
        (r"norm\.(\w+)", r"decode_head.batch_norm.\1"),
        (r"classify\.(\w+)", r"decode_head.classifier.\1"),
    )
    return Origin(_renamed(rules, name))


DIALECTS = (
    Dialect(
        "MMSegmentation",
        re.compile(r"(backbone\.)?layers\.0\.0\.projection\.weight"),
        _mmseg_encoder,
        _mmseg_head,
        has_stage_activation=True,
        note=f"trained with MMSegmentation, whose SegFormer head {NVIDIA_NOTE}",
    ),
    Dialect(
        "the original SegFormer",
        re.compile(r"(backbone\.)?patch_embed1\.proj\.weight"),
        _original_encoder,
        _original_head,
        note=f"in the naming of the original SegFormer code, which {NVIDIA_NOTE}",
        unused=re.compile(r"decode_head\.conv_seg\.\w+"),  # of the base class, never called
    ),
    Dialect(
        "transformers",
        re.compile(r"(segformer\.)?encoder\.patch_embeddings\.0\.proj\.weight"),
        _transformers_encoder,
        _transformers_head,
        layer_norm_eps=1e-5,  # whatever its configuration says
    ),
)
