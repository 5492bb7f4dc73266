"""SegFormer for mines: transformers' encoder, and a decode head that projects before it resizes.

Bilinear resizing and a 1x1 convolution commute, since the weights of an interpolated value add up
to 1. So each stage's share of the fusion convolution runs on that stage's small grid, and the sum
is taken on the finest one: the same logits as the head of Xie et al. 2021 (SegFormer, section 3.2),
at a fraction of the cost.
"""

from __future__ import annotations

import logging
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from quarrydb.errors import SourceError
from quarrydb.files import writing
from quarrydb.inference.extras import require
from quarrydb.inference.record import (
    AGAIN,
    ENCODER_FILE,
    HEAD_FILE,
    RECORD_FILE,
    ModelRecord,
    read_record,
    write_record,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import torch

SHIPPED_MODELS = Path(__file__).parent / "models"


@dataclass(frozen=True)
class Size:
    """One size of SegFormer: widths and depths of the four stages, and the width of the decoder."""

    hidden_sizes: tuple[int, ...]
    depths: tuple[int, ...]
    decoder_channels: int
    heads: tuple[int, ...] = (1, 2, 5, 8)


# Xie et al. 2021, tables 6 and 7; "tiny" is ours, for demonstrations.
SIZES: Mapping[str, Size] = {
    "tiny": Size((16, 32, 64, 96), (1, 1, 1, 1), 64, (1, 2, 4, 6)),
    "b0": Size((32, 64, 160, 256), (2, 2, 2, 2), 256),
    "b1": Size((64, 128, 320, 512), (2, 2, 2, 2), 256),
    "b2": Size((64, 128, 320, 512), (3, 4, 6, 3), 768),
    "b3": Size((64, 128, 320, 512), (3, 4, 18, 3), 768),
    "b4": Size((64, 128, 320, 512), (3, 8, 27, 3), 768),
    "b5": Size((64, 128, 320, 512), (3, 6, 40, 3), 768),
}


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


def make_network(encoder: Any, head: Any) -> Any:
    """Encoder and head as one module: image (n, bands, h, w) in, logits (n,
    classes, h/4, w/4) out.
    """
    nn = require("torch").nn

    class MineSegmenter(nn.Module):  # type: ignore[name-defined,misc]
        """A SegFormer whose head may be the trainable or the folded one."""

        def __init__(self) -> None:
            super().__init__()
            self.encoder = encoder
            self.head = head

        def forward(self, image: torch.Tensor) -> torch.Tensor:
            stages = self.encoder(image, output_hidden_states=True).hidden_states
            return self.head(stages)

    return MineSegmenter()


def build_network(
    size: str | Size, *, n_bands: int, n_classes: int = 2, has_stage_activation: bool = False
) -> Any:
    """An untrained SegFormer of a named size (``b0`` ... ``b5``, ``tiny``) in training mode."""
    transformers = require("transformers")
    if isinstance(size, str):
        if size not in SIZES:
            raise SourceError(
                f"There is no SegFormer of size {size!r}. Take one of {', '.join(SIZES)}."
            )
        size = SIZES[size]
    config = transformers.SegformerConfig(
        num_channels=n_bands,
        hidden_sizes=list(size.hidden_sizes),
        depths=list(size.depths),
        num_attention_heads=list(size.heads),
        decoder_hidden_size=size.decoder_channels,
    )
    encoder = transformers.SegformerModel(config)
    head = make_decode_head(
        size.hidden_sizes,
        size.decoder_channels,
        n_classes,
        has_stage_activation=has_stage_activation,
    )
    return make_network(encoder, head)


def save_network(network: Any, folder: Path, record: ModelRecord) -> ModelRecord:
    """Write a model folder: config.json, two safetensors files and model.json; returns the signed
    record.
    """
    safetensors = require("safetensors.torch")
    with writing_weights(folder):
        folder.mkdir(parents=True, exist_ok=True)
        with quiet_transformers():
            network.encoder.save_pretrained(folder)
        state = {
            name: tensor.detach().cpu().contiguous()
            for name, tensor in network.head.state_dict().items()
        }
        safetensors.save_file(state, folder / HEAD_FILE)
        return write_record(folder, record)


@contextmanager
def writing_weights(folder: Path) -> Iterator[None]:
    """TargetError that names ``folder`` where it can't be written, which safetensors tells in its own way."""
    error_of_safetensors = require("safetensors").SafetensorError
    with writing(folder):
        try:
            yield
        except error_of_safetensors as error:
            raise OSError(str(error)) from error


def load_network(folder: Path, *, for_inference: bool = True) -> tuple[Any, ModelRecord]:
    """Read a model folder strictly: hashes, keys and shapes must agree with its record.

    Raises SourceError naming what is missing, left over or of another shape.
    """
    record = read_record(folder)
    encoder = _load_encoder(folder, record)
    head = make_decode_head(
        encoder.config.hidden_sizes,
        record.decoder_channels,
        len(record.classes),
        has_stage_activation=record.has_stage_activation,
    )
    _load_head(head, folder)
    network = make_network(encoder, head)
    return (fold(network) if for_inference else network), record


def fold(network: Any) -> Any:
    """The network in evaluation mode with its head folded; weights are shared where nothing was
    folded.
    """
    network.eval()
    return make_network(network.encoder, make_folded_head(network.head)).eval()


def set_layer_norm_eps(network: Any, eps: float) -> None:
    """Set epsilon of every layer norm: transformers ignores the one in its configuration."""
    torch = require("torch")
    for module in network.modules():
        if isinstance(module, torch.nn.LayerNorm):
            module.eps = eps


def _load_encoder(folder: Path, record: ModelRecord) -> Any:
    transformers = require("transformers")
    try:
        with quiet_transformers():
            encoder, info = transformers.SegformerModel.from_pretrained(
                folder,
                local_files_only=True,
                use_safetensors=True,
                output_loading_info=True,
                ignore_mismatched_sizes=True,  # told in info, by name
            )
    except (OSError, RuntimeError, ValueError) as error:
        raise SourceError(f"{folder / ENCODER_FILE} can't be loaded: {error}. {AGAIN}") from error
    if problems := loading_problems(info):
        raise SourceError(
            f"{folder / ENCODER_FILE} does not fit its config.json: {problems}. {AGAIN}"
        )
    if encoder.config.num_channels != len(record.bands):
        raise SourceError(
            f"{folder} takes {encoder.config.num_channels} bands, its record names "
            f"{len(record.bands)} ({', '.join(record.bands)}). Correct the record, or import "
            "the model again."
        )
    set_layer_norm_eps(encoder, record.layer_norm_eps)
    return encoder


def _load_head(head: Any, folder: Path) -> None:
    safetensors = require("safetensors.torch")
    try:
        head.load_state_dict(safetensors.load_file(folder / HEAD_FILE), strict=True)
    except Exception as error:  # safetensors and torch raise several types for a bad file
        reason = str(error).strip().rstrip(". ")
        raise SourceError(
            f"{folder / HEAD_FILE} does not fit the model's record: {reason}. {AGAIN}"
        ) from error


def loading_problems(info: Mapping[str, Any]) -> str:
    """Missing, left over and misshapen keys that transformers tells of; empty where all fit."""
    kinds = (
        f"{kind}: {', '.join(sorted(map(str, names)))}" for kind, names in info.items() if names
    )
    return "; ".join(kinds).replace("_", " ", 1)


@contextmanager
def quiet_transformers() -> Iterator[None]:
    """Keep transformers' reports and progress bars off the terminal."""
    transformers = require("transformers")
    logger = logging.getLogger("transformers")
    level = logger.level
    logger.setLevel(logging.ERROR)
    was_enabled = transformers.utils.logging.is_progress_bar_enabled()
    transformers.utils.logging.disable_progress_bar()
    try:
        yield
    finally:
        logger.setLevel(level)
        if was_enabled:
            transformers.utils.logging.enable_progress_bar()


def mine_logit(logits: torch.Tensor, record: ModelRecord) -> torch.Tensor:
    """The logit of the mine probability, (n, h, w), from class logits (n, classes, h, w).

    softmax over two classes is the sigmoid of their difference; over more it is the mine logit
    minus the log-sum-exp of the others. ``sigmoid`` takes the mine logit alone, which is how the
    study's script reads it.
    """
    import torch

    mine = logits[:, record.mine_class]
    if record.activation == "sigmoid":
        return mine
    others = [index for index in range(logits.shape[1]) if index != record.mine_class]
    return mine - torch.logsumexp(logits[:, others], dim=1)


def normalise(pixels: torch.Tensor, record: ModelRecord) -> torch.Tensor:
    """Image (n, bands, h, w) to what the model was trained on; NaN (no data)
    becomes 0, the mean.
    """
    import torch

    mean = torch.tensor(record.mean, dtype=torch.float32, device=pixels.device)[None, :, None, None]
    std = torch.tensor(record.std, dtype=torch.float32, device=pixels.device)[None, :, None, None]
    scaled = (pixels.float() / record.scale).sub_(mean).div_(std)
    return scaled.nan_to_num_(nan=0.0)


def model_folder(name_or_path: str | Path) -> Path:
    """A model's folder: a path, or the name of one that is shipped with the package.

    A folder that happens to have the name but holds no model is not meant.
    """
    path = Path(name_or_path)
    shipped = SHIPPED_MODELS / path.name
    is_shipped_name = path == Path(path.name) and shipped.is_dir()
    return shipped if is_shipped_name and not (path / RECORD_FILE).is_file() else path
