"""The Mix Transformer, SegFormer's encoder (Xie et al. 2021, section 3.1), in plain torch.

Importing transformers' costs more than loading torch and the weights together. The modules have the
names that transformers writes into its files, so that its folders load here and ours load there.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from quarrydb.errors import SourceError
from quarrydb.inference.extras import require
from quarrydb.memory import JSON_TIMES, check_whole

if TYPE_CHECKING:
    import torch

# Standard deviation of fresh weights, as in transformers.
INITIAL_STD = 0.02
MOST_WEIGHTS = 2**30  # SegFormer-B5 has 2**26
MOST_BLOCKS = 200  # of a stage; SegFormer-B5 has 40
MOST_CHANNELS = 4096  # of a decode head; SegFormer-B5 has 768
Four = tuple[int, int, int, int]
Stages = Sequence["torch.Tensor"]


class EncoderConfig(BaseModel):
    """Shape of an encoder, under the names of transformers' ``config.json``; other keys are passed
    over, but for those that would change what comes out.
    """

    model_config = ConfigDict(extra="ignore", frozen=True)

    model_type: str = "segformer"
    num_channels: int = Field(default=3, gt=0)
    hidden_sizes: Four = (32, 64, 160, 256)
    depths: Four = (2, 2, 2, 2)
    num_attention_heads: Four = (1, 2, 5, 8)
    sr_ratios: Four = (8, 4, 2, 1)
    patch_sizes: Four = (7, 3, 3, 3)
    strides: Four = (4, 2, 2, 2)
    mlp_ratios: Four = (4, 4, 4, 4)
    drop_path_rate: float = Field(default=0.1, ge=0, lt=1)
    decoder_hidden_size: int = Field(default=256, gt=0, le=MOST_CHANNELS)
    hidden_act: str = "gelu"

    @model_validator(mode="after")
    def _can_be_built(self) -> EncoderConfig:
        if self.model_type != "segformer" or self.hidden_act != "gelu":
            raise ValueError(
                f"model_type {self.model_type} with {self.hidden_act}: only segformer with gelu can be built"
            )
        widths = zip(self.hidden_sizes, self.num_attention_heads, strict=True)
        if any(heads < 1 or width % heads for width, heads in widths):
            raise ValueError("hidden_sizes must be multiples of num_attention_heads")
        if max(self.depths) > MOST_BLOCKS:
            raise ValueError(f"depths must be at most {MOST_BLOCKS}")
        if self.n_weights > MOST_WEIGHTS:
            raise ValueError(
                f"it would have over {self.n_weights:,} weights: no SegFormer is so large"
            )
        return self

    @property
    def n_weights(self) -> int:
        """About how many numbers the encoder's matrices hold."""
        stages = zip(
            (self.num_channels, *self.hidden_sizes),
            self.hidden_sizes,
            self.patch_sizes,
            strict=False,
        )
        patches = sum(before * width * patch**2 for before, width, patch in stages)
        blocks = zip(self.hidden_sizes, self.depths, self.sr_ratios, self.mlp_ratios, strict=True)
        return patches + sum(
            depth * width**2 * (4 + ratio**2 + 2 * mlp) for width, depth, ratio, mlp in blocks
        )


def read_config(path: Path) -> EncoderConfig:
    """The encoder's shape from a ``config.json`` of ours or of transformers; SourceError if it is none."""
    try:
        check_whole(path, str(path), JSON_TIMES)
        return EncoderConfig.model_validate_json(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, ValidationError) as error:
        raise SourceError(
            f"{path} describes no SegFormer: {error}. Name the folder of one."
        ) from error


def write_config(path: Path, config: EncoderConfig) -> None:
    """Write the shape so that transformers reads it as well."""
    fields = {"architectures": ["SegformerModel"], **config.model_dump(mode="json")}
    path.write_text(json.dumps(fields, indent=2, sort_keys=True) + "\n", encoding="utf-8")


def make_encoder(config: EncoderConfig) -> Any:
    """An encoder with fresh weights; image (n, bands, h, w) in, four maps (n, c_i, h_i, w_i) out."""
    nn = require("torch").nn

    class Encoder(nn.Module):  # type: ignore[name-defined,misc]
        """Four stages, each on a coarser grid than the one before."""

        def __init__(self) -> None:
            super().__init__()
            self.config = config
            self.encoder = nn.Module()
            widths = (config.num_channels, *config.hidden_sizes)
            self.encoder.patch_embeddings = nn.ModuleList(
                _patch_embedding(widths[i], widths[i + 1], config.patch_sizes[i], config.strides[i])
                for i in range(4)
            )
            drops = _drop_rates(config)
            self.encoder.block = nn.ModuleList(
                nn.ModuleList(_block(config, i, rate) for rate in drops[i]) for i in range(4)
            )
            self.encoder.layer_norm = nn.ModuleList(nn.LayerNorm(w) for w in config.hidden_sizes)
            self.apply(_initialise)

        def forward(self, image: torch.Tensor) -> list[torch.Tensor]:
            stages = []
            parts = self.encoder
            for embed, blocks, norm in zip(
                parts.patch_embeddings, parts.block, parts.layer_norm, strict=True
            ):
                image = embed.proj(image)
                rows, columns = image.shape[2:]
                tokens = embed.layer_norm(image.flatten(2).transpose(1, 2))
                for block in blocks:
                    tokens = block(tokens, rows, columns)
                image = _as_map(norm(tokens), rows, columns)
                stages.append(image)
            return stages

    return Encoder()


def _patch_embedding(n_in: int, n_out: int, kernel: int, stride: int) -> Any:
    """Overlapping patches: a strided convolution and a norm of its tokens."""
    nn = require("torch").nn
    made = nn.Module()
    made.proj = nn.Conv2d(n_in, n_out, kernel, stride, kernel // 2)
    made.layer_norm = nn.LayerNorm(n_out)
    return made


def _drop_rates(config: EncoderConfig) -> list[list[float]]:
    """Chance that training skips each block: 0 in the first, growing evenly to the last."""
    n = sum(config.depths)
    rates = iter([config.drop_path_rate * i / max(1, n - 1) for i in range(n)])
    return [[next(rates) for _ in range(depth)] for depth in config.depths]


def _as_map(tokens: torch.Tensor, rows: int, columns: int) -> torch.Tensor:
    """Tokens (n, rows * columns, c) as a map (n, c, rows, columns)."""
    return tokens.transpose(1, 2).reshape(tokens.shape[0], tokens.shape[2], rows, columns)


def _block(config: EncoderConfig, stage: int, drop_rate: float) -> Any:
    """One layer: attention over a grid reduced by ``sr_ratios``, then a feed-forward net with a 3x3
    convolution in it, each beside a shortcut.
    """
    nn = require("torch").nn
    width = config.hidden_sizes[stage]

    class Block(nn.Module):  # type: ignore[name-defined,misc]
        """Attention and feed-forward net of one layer."""

        def __init__(self) -> None:
            super().__init__()
            self.layer_norm_1 = nn.LayerNorm(width)
            self.attention = _attention(
                width, config.num_attention_heads[stage], config.sr_ratios[stage]
            )
            self.layer_norm_2 = nn.LayerNorm(width)
            self.mlp = _feed_forward(width, config.mlp_ratios[stage] * width)

        def forward(self, tokens: torch.Tensor, rows: int, columns: int) -> torch.Tensor:
            attended = self.attention(self.layer_norm_1(tokens), rows, columns)
            tokens = tokens + _drop_path(attended, drop_rate, self.training)
            fed = self.mlp(self.layer_norm_2(tokens), rows, columns)
            return tokens + _drop_path(fed, drop_rate, self.training)

    return Block()


def _drop_path(change: torch.Tensor, rate: float, is_training: bool) -> torch.Tensor:
    """In training, each image's change is left out with this chance, and else scaled up for it."""
    if not is_training or rate == 0:
        return change
    keep = change.new_empty(change.shape[0], 1, 1).bernoulli_(1 - rate)
    return change * keep / (1 - rate)


def _attention(width: int, n_heads: int, ratio: int) -> Any:
    """Self-attention whose keys and values stand on a grid ``ratio`` times coarser."""
    nn = require("torch").nn

    class Attention(nn.Module):  # type: ignore[name-defined,misc]
        """Queries of all tokens against the coarse ones."""

        def __init__(self) -> None:
            super().__init__()
            inner = nn.Module()
            for name in ("query", "key", "value"):
                setattr(inner, name, nn.Linear(width, width))
            if ratio > 1:
                inner.sr = nn.Conv2d(width, width, ratio, ratio)
                inner.layer_norm = nn.LayerNorm(width)
            self.add_module("self", inner)
            self.output = nn.Module()
            self.output.dense = nn.Linear(width, width)

        def forward(self, tokens: torch.Tensor, rows: int, columns: int) -> torch.Tensor:
            inner = self.self
            coarse = tokens
            if ratio > 1:
                coarse = inner.sr(_as_map(tokens, rows, columns)).flatten(2).transpose(1, 2)
                coarse = inner.layer_norm(coarse)
            query, key, value = (
                layer(x).unflatten(2, (n_heads, width // n_heads)).transpose(1, 2)
                for layer, x in (
                    (inner.query, tokens),
                    (inner.key, coarse),
                    (inner.value, coarse),
                )
            )
            mixed = nn.functional.scaled_dot_product_attention(query, key, value)
            return self.output.dense(mixed.transpose(1, 2).flatten(2))

    return Attention()


def _feed_forward(width: int, hidden: int) -> Any:
    """Two linear layers with a depthwise 3x3 convolution between them, which knows the place."""
    nn = require("torch").nn

    class FeedForward(nn.Module):  # type: ignore[name-defined,misc]
        """Linear, depthwise convolution, GELU, linear."""

        def __init__(self) -> None:
            super().__init__()
            self.dense1 = nn.Linear(width, hidden)
            self.dwconv = nn.Module()
            self.dwconv.dwconv = nn.Conv2d(hidden, hidden, 3, padding=1, groups=hidden)
            self.dense2 = nn.Linear(hidden, width)

        def forward(self, tokens: torch.Tensor, rows: int, columns: int) -> torch.Tensor:
            mixed = self.dwconv.dwconv(_as_map(self.dense1(tokens), rows, columns))
            return self.dense2(nn.functional.gelu(mixed.flatten(2).transpose(1, 2)))

    return FeedForward()


def _initialise(module: Any) -> None:
    """Weights from a narrow normal distribution, biases 0."""
    nn = require("torch").nn
    if isinstance(module, nn.Linear | nn.Conv2d):
        nn.init.normal_(module.weight, 0.0, INITIAL_STD)
        nn.init.zeros_(module.bias)


def fill_strictly(module: Any, state: Mapping[str, torch.Tensor], what: str) -> None:
    """Load ``state`` into ``module``; SourceError names every key that is missing, left over or
    misshapen, and every one that holds a NaN or an infinity.
    """
    torch = require("torch")
    own = module.state_dict()
    lists = {
        "missing": [
            key for key in own if key not in state and not key.endswith("num_batches_tracked")
        ],
        "left over": [key for key in state if key not in own],
        "of another shape": [
            f"{key} {tuple(state[key].shape)} for {tuple(own[key].shape)}"
            for key in own
            if key in state and state[key].shape != own[key].shape
        ],
        "not finite": [
            key
            for key, value in state.items()
            if value.is_floating_point() and not bool(torch.isfinite(value).all())
        ],
    }
    if problems := [f"{kind}: {_some(keys)}" for kind, keys in lists.items() if keys]:
        raise SourceError(f"{what} does not fit: {'; '.join(problems)}")
    module.load_state_dict(dict(state), strict=False)


def _some(keys: Sequence[str]) -> str:
    """The first few of some keys, and how many more there are."""
    shown = ", ".join(sorted(keys)[:5])
    return shown if len(keys) <= 5 else f"{shown} and {len(keys) - 5} more"
