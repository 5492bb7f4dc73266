"""The training loss: class-balanced cross entropy on the hardest pixels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

# docs/training.md says where these come from.
HARD_BELOW = 0.7
HARD_SHARE = 0.25
IGNORED = 255


def pixel_losses(
    logits: torch.Tensor, label: torch.Tensor, weights: Sequence[float]
) -> tuple[torch.Tensor, torch.Tensor]:
    """Mean weighted cross entropy over hard pixels, and over all; logits (n, classes, h/4, w/4), label
    (n, h, w).

    Hard are pixels whose own class has a probability under 0.7, and at least the hardest quarter of
    all. Pixels labelled 255 count for nothing; without any other pixel both are 0. Training follows
    the first; the second can be compared between epochs, since it is over the same pixels in each.
    """
    import torch
    from torch.nn import functional

    full = functional.interpolate(
        logits.float(), label.shape[-2:], mode="bilinear", align_corners=False
    )
    weight = torch.tensor(weights, dtype=full.dtype, device=full.device)
    loss = functional.cross_entropy(
        full, label, weight=weight, ignore_index=IGNORED, reduction="none"
    )
    with torch.no_grad():
        own = full.softmax(dim=1).gather(1, label.clamp(max=full.shape[1] - 1)[:, None])[:, 0]
    seen = label != IGNORED
    if not bool(seen.any()):
        return full.sum() * 0, full.detach().sum() * 0
    own, loss, weight_of = own[seen], loss[seen], weight[label[seen]]
    n_least = max(1, int(HARD_SHARE * own.numel()))
    bound = torch.clamp(own.kthvalue(n_least).values, min=HARD_BELOW)
    hard = own <= bound
    return loss[hard].sum() / weight_of[hard].sum(), (loss.sum() / weight_of.sum()).detach()
