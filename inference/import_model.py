"""Turn the weights of a SegFormer, whoever wrote them, into a model folder."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from quarrydb.errors import SourceError
from quarrydb.inference.dialect import IGNORED, Dialect, Origin, dialect_of, unwrapped
from quarrydb.inference.extras import require
from quarrydb.inference.mix_transformer import (
    EncoderConfig,
    fill_strictly,
    make_encoder,
    read_config,
)
from quarrydb.inference.model import (
    network_for,
    read_tensors,
    save_network,
    set_layer_norm_eps,
    shape_fields,
)
from quarrydb.inference.onnx_model import ONNX_SUFFIX, import_onnx
from quarrydb.inference.record import CONFIG_FILE, ModelRecord
from quarrydb.inference.restricted_pickle import unpickle_weights
from quarrydb.memory import JSON_TIMES, check_whole

if TYPE_CHECKING:
    import torch

    State = Mapping[str, torch.Tensor]

FOLDER_WEIGHTS = ("model.safetensors", "pytorch_model.bin")
TAKEN = (
    "It takes checkpoints of MMSegmentation and of the original SegFormer (.pth), SegFormer folders and "
    "MiT encoders of transformers (config.json with model.safetensors), and ONNX files (.onnx) that "
    "map bands to class logits or probabilities."
)


def import_model(path: Path, folder: Path, record: ModelRecord) -> ModelRecord:
    """Convert a model into a model folder; returns the record as written.

    ``record`` brings name, bands, mean, std, classes and licence; sizes are read off the weights.
    Its source is written with a note of the licence of the code that made the weights, where one is
    known. A key that is missing, left over, of another shape or not finite raises SourceError.
    """
    try:
        if path.suffix.lower() == ONNX_SUFFIX:
            return import_onnx(path, folder, record)
        state, config = read_weights(path)
        network, dialect = network_of(state, config, len(record.classes))
        signed = _checked(record, network, dialect)
    except (SourceError, IndexError, RuntimeError, ValueError, ZeroDivisionError) as error:
        # All but the first: a weight has a shape that no layer of its place can have.
        said = str(error).removeprefix(f"{path}: ").removeprefix(f"{path} ").rstrip(".")
        raise SourceError(f"{path}: {said}. {TAKEN}") from error
    return save_network(network.eval(), folder, signed)


def read_weights(path: Path) -> tuple[dict[str, torch.Tensor], EncoderConfig | None]:
    """The weights in a file or folder, without wrappers' prefixes, and its config.json if it has one."""
    if not path.is_dir():
        is_safe = path.suffix.lower() == ".safetensors"
        return unwrapped(read_tensors(path) if is_safe else unpickle_weights(path)), None
    found = next((path / name for name in FOLDER_WEIGHTS if (path / name).is_file()), None)
    if found is None or not (path / CONFIG_FILE).is_file():
        names = " or ".join(FOLDER_WEIGHTS)
        raise SourceError(f"the folder lacks {CONFIG_FILE} or weights ({names})")
    return read_weights(found)[0], read_config(path / CONFIG_FILE)


def network_of(
    state: State, config: EncoderConfig | None = None, n_classes: int = 2
) -> tuple[Any, Dialect]:
    """The SegFormer with these weights, its sizes read off their shapes."""
    dialect, prefix = dialect_of(state)
    fuse, classify = _head_name(dialect, "fuse.0.weight"), _head_name(dialect, "classify.weight")
    if fuse not in state:
        raise SourceError(
            f"it lacks {fuse}: an encoder without a decode head finds nothing. Start a "
            "training from it: quarry train --start-from"
        )
    shape = encoder_shape(state, dialect, prefix, config)
    shape = shape.model_copy(update={"decoder_hidden_size": _shape(state, fuse, 4)[0]})
    found = _shape(state, classify, 4)[0]
    if found != n_classes:
        raise SourceError(
            f"the checkpoint tells {found} classes apart; the record names {n_classes}"
        )
    network = network_for(shape, n_classes, has_stage_activation=dialect.has_stage_activation)
    used = _fill(network.encoder, state, dialect.encoder, prefix)
    used |= _fill(network.head, state, dialect.head, "")
    _refuse_left_over(state, used, dialect)
    set_layer_norm_eps(network, dialect.layer_norm_eps)
    return network, dialect


def encoder_of(path: Path, n_bands: int) -> tuple[Any, float]:
    """An encoder for ``n_bands`` bands with the weights in ``path``, and its layer norms' epsilon: the
    start of a training.

    Where the weights are for another number of bands, each band starts with the mean of theirs,
    scaled so that a grey image gives the same sums.
    """
    try:
        state, config = read_weights(path)
        dialect, prefix = dialect_of(state)
        encoder = make_encoder(encoder_shape(state, dialect, prefix, config))
        _fill(encoder, state, dialect.encoder, prefix)
    except (SourceError, IndexError, RuntimeError, ValueError, ZeroDivisionError) as error:
        raise SourceError(f"{path}: {str(error).rstrip('.')}. {TAKEN}") from error
    if encoder.config.num_channels != n_bands:
        encoder = with_bands(encoder, n_bands)
    set_layer_norm_eps(encoder, dialect.layer_norm_eps)
    return encoder, dialect.layer_norm_eps


def with_bands(encoder: Any, n_bands: int) -> Any:
    """The same encoder for another number of bands, each with the mean weights of the old ones."""
    first = "encoder.patch_embeddings.0.proj.weight"
    state = dict(encoder.state_dict())
    n_before = state[first].shape[1]
    state[first] = state[first].mean(1, keepdim=True).repeat(1, n_bands, 1, 1) * n_before / n_bands
    made = make_encoder(encoder.config.model_copy(update={"num_channels": n_bands}))
    fill_strictly(made, state, "the encoder")
    return made


def encoder_shape(
    state: State, dialect: Dialect, prefix: str, config: EncoderConfig | None
) -> EncoderConfig:
    """Widths, depths, heads and the rest of the four stages, from the weights' shapes."""

    def shape(name: str, n_dimensions: int) -> tuple[int, ...]:
        origin = dialect.encoder(name)
        found = _shape(state, prefix + origin.name, n_dimensions)
        return (found[0] // origin.n_parts, *found[1:])

    def depth(stage: int) -> int:
        first = dialect.encoder(f"encoder.block.{stage}.0.layer_norm_1.weight").name
        second = dialect.encoder(f"encoder.block.{stage}.1.layer_norm_1.weight").name
        at = next(i for i, pair in enumerate(zip(first, second, strict=True)) if len(set(pair)) > 1)
        pattern = re.compile(re.escape(prefix + first[:at]) + r"\d+" + re.escape(first[at + 1 :]))
        return sum(1 for key in state if pattern.fullmatch(key))

    def reduction(stage: int) -> int:
        name = f"encoder.block.{stage}.0.attention.self.sr.weight"
        is_there = prefix + dialect.encoder(name).name in state
        return shape(name, 4)[2] if is_there else 1

    patches = _four(lambda i: shape(f"encoder.patch_embeddings.{i}.proj.weight", 4))
    widths = _four(lambda i: patches[i][0])
    return EncoderConfig(
        num_channels=patches[0][1],
        hidden_sizes=widths,
        depths=_four(depth),
        num_attention_heads=config.num_attention_heads
        if config
        else _four(lambda i: widths[i] // widths[0]),
        sr_ratios=_four(reduction),
        patch_sizes=_four(lambda i: patches[i][2]),
        strides=config.strides if config else (4, 2, 2, 2),
        mlp_ratios=_four(
            lambda i: shape(f"encoder.block.{i}.0.mlp.dwconv.dwconv.weight", 4)[0] // widths[i]
        ),
    )


def _head_name(dialect: Dialect, name: str) -> str:
    origin = dialect.head(name)
    return origin.name if origin else ""


def _four(of_stage: Callable[[int], Any]) -> Any:
    """One value a stage."""
    return of_stage(0), of_stage(1), of_stage(2), of_stage(3)


def _shape(state: State, key: str, n_dimensions: int) -> tuple[int, ...]:
    if key not in state:
        raise SourceError(f"the checkpoint lacks {key}")
    shape = tuple(state[key].shape)
    if len(shape) != n_dimensions or 0 in shape:
        raise SourceError(f"{key} has the shape {shape}, which no SegFormer's has")
    return shape


def _fill(
    module: Any, state: State, origin_of: Callable[[str], Origin | None], prefix: str
) -> set[str]:
    """Load a part of the network; the checkpoint's names that were used. SourceError names what is
    missing, misshapen or not finite as the checkpoint does.
    """
    torch = require("torch")
    used, mapped, problems = set(), {}, []
    for name, own in module.state_dict().items():
        origin = None if name.endswith("num_batches_tracked") else origin_of(name)
        if origin is None:
            mapped[name] = torch.zeros_like(own)
            continue
        key = prefix + origin.name
        if key not in state:
            problems.append(f"it lacks {key}")
            continue
        used.add(key)
        part = state[key].chunk(origin.n_parts, origin.axis)
        value = part[min(origin.part, len(part) - 1)]
        if value.numel() != own.numel():
            problems.append(f"{key} is {tuple(state[key].shape)}, which does not fit its place")
        elif not bool(torch.isfinite(value).all()):
            problems.append(f"{key} holds NaN or infinite values")
        else:
            mapped[name] = value.reshape(own.shape).to(own.dtype)
    if problems:
        raise SourceError("the checkpoint does not fit SegFormer: " + _few(problems))
    module.load_state_dict(mapped, strict=True)
    return used


def _few(problems: Sequence[str]) -> str:
    unique = list(dict.fromkeys(problems))
    shown = "; ".join(unique[:4])
    return shown if len(unique) <= 4 else f"{shown}; and {len(unique) - 4} more"


def _refuse_left_over(state: State, used: set[str], dialect: Dialect) -> None:
    left = [
        key
        for key in sorted(set(state) - used)
        if not IGNORED.fullmatch(key) and not dialect.unused.fullmatch(key)
    ]
    if left:
        raise SourceError(
            f"the checkpoint does not fit SegFormer: it has {_few(left)}, which no SegFormer of "
            f"{dialect.title} has"
        )


def _checked(record: ModelRecord, network: Any, dialect: Dialect) -> ModelRecord:
    n_bands = network.encoder.config.num_channels
    if n_bands != len(record.bands):
        raise SourceError(
            f"the checkpoint takes {n_bands} bands; the record names {len(record.bands)} "
            f"({', '.join(record.bands)})"
        )
    update = {
        **shape_fields(network),
        "source": "; ".join(text for text in (record.source, dialect.note) if text),
    }
    return record.model_copy(update=update)


def folder_defaults(path: Path) -> dict[str, Any]:
    """What a transformers folder says for itself of classes and of scaling; empty where it says nothing.

    Its image processor works on values times ``rescale_factor``.
    """
    found: dict[str, Any] = {}
    config = _json(path / CONFIG_FILE)
    labels = config.get("id2label")
    if isinstance(labels, dict) and labels:
        found["classes"] = [str(labels[key]) for key in sorted(labels, key=int)]
    processor = _json(path / "preprocessor_config.json")
    if processor.get("do_normalize", True) and processor.get("image_mean"):
        factor = float(processor.get("rescale_factor", 1 / 255))
        found |= {
            "mean": processor["image_mean"],
            "std": processor["image_std"],
            "scale": 1 / factor if processor.get("do_rescale", True) else 1.0,
        }
    return found


def _json(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {}
    check_whole(path, str(path), JSON_TIMES)
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise SourceError(f"{path} can't be read as JSON: {error}. Copy it again.") from error
    return found if isinstance(found, dict) else {}
