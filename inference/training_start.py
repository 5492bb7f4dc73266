"""What a training starts from: the new model's record, and its network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from quarrydb.errors import SourceError
from quarrydb.inference.decode_head import make_decode_head
from quarrydb.inference.import_model import encoder_of
from quarrydb.inference.model import (
    SIZES,
    build_network,
    load_network,
    make_network,
    set_layer_norm_eps,
)
from quarrydb.inference.record import RECORD_FILE, ModelRecord, new_record
from quarrydb.inference.training_data import ChipFile, band_statistics


@dataclass(frozen=True)
class NewModel:
    """What a new model's record says besides what training measures."""

    name: str
    bands: tuple[str, ...]
    licence: str
    source: str = ""
    scale: float = 1.0
    chip_px: int = 512


def first_record(
    chips: Sequence[ChipFile], model: NewModel, *, size: str, seed: int
) -> ModelRecord:
    """The record of a new model: normalisation from its training chips."""
    mean, std = band_statistics(chips, scale=model.scale, seed=seed)
    if len(mean) != len(model.bands):
        raise SourceError(
            f"The chips have {len(mean)} bands, {len(model.bands)} are named: {model.bands}."
        )
    if size not in SIZES:
        raise SourceError(
            f"There is no SegFormer of size {size!r}. Take one of {', '.join(SIZES)}."
        )
    return new_record(
        name=model.name,
        bands=model.bands,
        scale=model.scale,
        mean=mean,
        std=std,
        decoder_channels=SIZES[size].decoder_channels,
        licence=model.licence,
        source=model.source,
        chip_px=model.chip_px,
    )


def start_network(record: ModelRecord, size: str, start_from: Path | None) -> Any:
    """A fresh network, the one in a model folder, or a fresh head on an encoder."""
    if start_from is None:
        return build_network(size, n_bands=len(record.bands), n_classes=len(record.classes))
    if not (start_from / RECORD_FILE).is_file():
        return _on_encoder(record, size, start_from)
    network, start = load_network(start_from, for_inference=False)
    if start.bands != record.bands or start.classes != record.classes:
        raise SourceError(
            f"{start_from} has bands {start.bands} and classes {start.classes}: not those wanted."
        )
    return network


def _on_encoder(record: ModelRecord, size: str, path: Path) -> Any:
    """A fresh decode head on an encoder that somebody else trained."""
    encoder, eps = encoder_of(path, len(record.bands))
    if encoder.config.hidden_sizes != SIZES[size].hidden_sizes:
        fits = [
            name
            for name, known in SIZES.items()
            if known.hidden_sizes == encoder.config.hidden_sizes
        ]
        raise SourceError(
            f"{path} is an encoder of widths {encoder.config.hidden_sizes}, not of size {size}. "
            f"Take --size {' or '.join(fits) or 'of a SegFormer with these widths: there is none'}."
        )
    set_layer_norm_eps(encoder, eps)
    channels = SIZES[size].decoder_channels
    head = make_decode_head(encoder.config.hidden_sizes, channels, len(record.classes))
    return make_network(encoder, head)
