"""SegFormer's decode head, which projects before it resizes.

Bilinear resizing and a 1x1 convolution commute, since the weights of an interpolated value add up
to 1. So each stage's share of the fusion convolution runs on that stage's small grid, and the sum
is taken on the finest one: the same logits as the head of Xie et al. 2021 (SegFormer, section 3.2),
at a fraction of the cost.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from quarrydb.inference.extras import require

if TYPE_CHECKING:
    import torch


def make_decode_head(
    in_channels: Sequence[int], channels: int, n_classes: int, *, has_stage_activation: bool = False
) -> Any:
    """A trainable head; input one map (n, c_i, h_i, w_i) a stage, output logits (n, n_classes, h_1,
    w_1).

    ``has_stage_activation`` puts batch norm and ReLU behind each stage's projection, as
    MMSegmentation does.
    """
    nn = require("torch").nn

    class DecodeHead(nn.Module):  # type: ignore[name-defined,misc]
        """Project each stage, mix it with its part of the fusion convolution, resize, add."""

        def __init__(self) -> None:
            super().__init__()
            self.project = nn.ModuleList(nn.Conv2d(width, channels, 1) for width in in_channels)
            norms = in_channels if has_stage_activation else ()
            self.project_norm = nn.ModuleList(nn.BatchNorm2d(channels) for _ in norms)
            self.fuse = nn.ModuleList(
                nn.Conv2d(channels, channels, 1, bias=False) for _ in in_channels
            )
            self.norm = nn.BatchNorm2d(channels)
            self.dropout = nn.Dropout(0.1)
            self.classify = nn.Conv2d(channels, n_classes, 1)

        def forward(self, stages: Sequence[torch.Tensor]) -> torch.Tensor:
            mixed = []
            for index, stage in enumerate(stages):
                projected = self.project[index](stage)
                if self.project_norm:
                    projected = self.project_norm[index](projected).relu()
                mixed.append(self.fuse[index](projected))
            fused = self.norm(_sum_resized(mixed)).relu()
            return self.classify(self.dropout(fused))

    return DecodeHead()


def make_folded_head(head: Any) -> Any:
    """The inference form of a head: batch norms folded into the convolutions around them.

    Without stage activations, projection and fusion of a stage become a single convolution.
    """
    nn = require("torch").nn

    class FoldedHead(nn.Module):  # type: ignore[name-defined,misc]
        """A few 1x1 convolutions, one resize a stage, one sum."""

        def __init__(self) -> None:
            super().__init__()
            self.first = nn.ModuleList()
            self.second = nn.ModuleList()
            self.classify = head.classify
            _fill_folded(self, head)

        def forward(self, stages: Sequence[torch.Tensor]) -> torch.Tensor:
            mixed = []
            for index, stage in enumerate(stages):
                part = self.first[index](stage)
                if self.second:
                    part = self.second[index](part.relu_())
                mixed.append(part)
            return self.classify(_sum_resized(mixed).relu_())

    return FoldedHead().eval()


def _sum_resized(maps: Sequence[torch.Tensor]) -> torch.Tensor:
    """Sum of maps (n, c, h_i, w_i) resized bilinearly to the first one's grid."""
    from torch.nn.functional import interpolate

    total = maps[0]
    for coarse in maps[1:]:
        total = total + interpolate(
            coarse, size=maps[0].shape[2:], mode="bilinear", align_corners=False
        )
    return total


def _norm_scale_shift(norm: Any) -> tuple[torch.Tensor, torch.Tensor]:
    """Batch norm in evaluation as y = scale * x + shift, in double precision."""
    variance = norm.running_var.double() + norm.eps
    scale = norm.weight.double() / variance.sqrt()
    return scale, norm.bias.double() - norm.running_mean.double() * scale


def _fill_folded(folded: Any, head: Any) -> None:
    scale, shift = _norm_scale_shift(head.norm)
    for index, (project, fuse) in enumerate(zip(head.project, head.fuse, strict=True)):
        mix = scale[:, None] * fuse.weight.double()[:, :, 0, 0]
        weight, bias = project.weight.double()[:, :, 0, 0], project.bias.double()
        offset = shift if index == 0 else shift * 0
        if head.project_norm:
            stage_scale, stage_shift = _norm_scale_shift(head.project_norm[index])
            folded.first.append(
                _conv1x1(stage_scale[:, None] * weight, stage_scale * bias + stage_shift)
            )
            folded.second.append(_conv1x1(mix, offset))
        else:
            folded.first.append(_conv1x1(mix @ weight, mix @ bias + offset))


def _conv1x1(weight: torch.Tensor, bias: torch.Tensor) -> Any:
    import torch

    with torch.device("meta"):
        layer = torch.nn.Conv2d(weight.shape[1], weight.shape[0], 1)
    layer.weight = torch.nn.Parameter(weight[:, :, None, None].float())
    layer.bias = torch.nn.Parameter(bias.float())
    return layer
