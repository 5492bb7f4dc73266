"""SegFormer for mines: encoder and head as one network, its folder on disk, its probability."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from quarrydb.errors import SourceError
from quarrydb.files import writing
from quarrydb.inference.decode_head import make_decode_head, make_folded_head
from quarrydb.inference.extras import require
from quarrydb.inference.mix_transformer import (
    EncoderConfig,
    Four,
    fill_strictly,
    make_encoder,
    read_config,
    write_config,
)
from quarrydb.inference.record import (
    AGAIN,
    CONFIG_FILE,
    ENCODER_FILE,
    HEAD_FILE,
    RECORD_FILE,
    ModelRecord,
    read_record,
    write_record,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import torch

SHIPPED_MODELS = Path(__file__).parent / "models"


@dataclass(frozen=True)
class Size:
    """One size of SegFormer: widths and depths of the four stages, and the width of the decoder."""

    hidden_sizes: Four
    depths: Four
    decoder_channels: int
    heads: Four = (1, 2, 5, 8)


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
            return self.head(self.encoder(image))

    return MineSegmenter()


def build_network(
    size: str | Size, *, n_bands: int, n_classes: int = 2, has_stage_activation: bool = False
) -> Any:
    """An untrained SegFormer of a named size (``b0`` ... ``b5``, ``tiny``) in training mode."""
    if isinstance(size, str):
        if size not in SIZES:
            raise SourceError(
                f"There is no SegFormer of size {size!r}. Take one of {', '.join(SIZES)}."
            )
        size = SIZES[size]
    config = EncoderConfig(
        num_channels=n_bands,
        hidden_sizes=size.hidden_sizes,
        depths=size.depths,
        num_attention_heads=size.heads,
        decoder_hidden_size=size.decoder_channels,
    )
    return network_for(config, n_classes, has_stage_activation=has_stage_activation)


def network_for(
    config: EncoderConfig, n_classes: int, *, has_stage_activation: bool = False
) -> Any:
    """An untrained SegFormer of this shape."""
    head = make_decode_head(
        config.hidden_sizes,
        config.decoder_hidden_size,
        n_classes,
        has_stage_activation=has_stage_activation,
    )
    return make_network(make_encoder(config), head)


def save_network(network: Any, folder: Path, record: ModelRecord) -> ModelRecord:
    """Write a model folder: config.json, two safetensors files and model.json; returns the signed
    record.
    """
    with writing_weights(folder):
        folder.mkdir(parents=True, exist_ok=True)
        write_config(folder / CONFIG_FILE, network.encoder.config)
        write_tensors(folder / ENCODER_FILE, network.encoder.state_dict())
        write_tensors(folder / HEAD_FILE, network.head.state_dict())
        return write_record(folder, record)


def write_tensors(path: Path, state: Mapping[str, torch.Tensor]) -> None:
    """Write tensors so that whoever may read the folder may read them."""
    safetensors = require("safetensors.torch")
    cpu = {name: tensor.detach().cpu().contiguous() for name, tensor in state.items()}
    safetensors.save_file(cpu, path, metadata={"format": "pt"})
    path.chmod(0o644)


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
    if record.kind != "segformer":
        raise SourceError(
            f"{folder} is an {record.kind.upper()} model, which runs in its own runtime and can't be trained."
        )
    config = read_config(folder / CONFIG_FILE)
    if config.num_channels != len(record.bands):
        raise SourceError(
            f"{folder} takes {config.num_channels} bands, its record names "
            f"{len(record.bands)} ({', '.join(record.bands)}). Correct the record, or import "
            "the model again."
        )
    config = config.model_copy(update={"decoder_hidden_size": record.decoder_channels})
    network = network_for(
        config, len(record.classes), has_stage_activation=record.has_stage_activation
    )
    for part, name in ((network.encoder, ENCODER_FILE), (network.head, HEAD_FILE)):
        try:
            fill_strictly(part, read_tensors(folder / name), name)
        except SourceError as error:
            raise SourceError(f"{folder / name}: {error}. {AGAIN}") from error
    set_layer_norm_eps(network.encoder, record.layer_norm_eps)
    return (fold(network) if for_inference else network), record


def read_tensors(path: Path) -> dict[str, torch.Tensor]:
    """The tensors of a safetensors file; SourceError where it can't be read."""
    safetensors = require("safetensors.torch")
    try:
        return dict(safetensors.load_file(path))
    except Exception as error:  # safetensors raises several types for a bad file
        reason = str(error).strip().rstrip(". ")
        raise SourceError(f"{path} can't be read as safetensors: {reason}") from error


def fold(network: Any) -> Any:
    """The network in evaluation mode with its head folded; weights are shared where nothing was
    folded.
    """
    network.eval()
    return make_network(network.encoder, make_folded_head(network.head)).eval()


def set_layer_norm_eps(network: Any, eps: float) -> None:
    """Set epsilon of every layer norm; transformers ignores the one in its configuration."""
    torch = require("torch")
    for module in network.modules():
        if isinstance(module, torch.nn.LayerNorm):
            module.eps = eps


def shape_fields(network: Any) -> dict[str, Any]:
    """What a record says of the network's shape, beside its config.json."""
    return {
        "decoder_channels": network.head.fuse[0].out_channels,
        "has_stage_activation": len(network.head.project_norm) > 0,
        "layer_norm_eps": network.encoder.encoder.layer_norm[0].eps,
    }


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
