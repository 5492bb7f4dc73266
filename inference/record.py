"""The record of a model: what a user must know before trusting its numbers, and the hash of its
weights.
"""

import hashlib
import json
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from quarrydb.errors import SourceError
from quarrydb.memory import JSON_TIMES, check_whole
from quarrydb.store.checksum import sha256_of

RECORD_FILE = "model.json"
ENCODER_FILE = "model.safetensors"
HEAD_FILE = "head.safetensors"
CONFIG_FILE = "config.json"
ONNX_FILE = "model.onnx"
WEIGHT_FILES = {
    "segformer": (CONFIG_FILE, ENCODER_FILE, HEAD_FILE),
    "onnx": (ONNX_FILE,),
}
AGAIN = "Copy the model folder again, or train or import it again."
PICKLE_SUFFIXES = (".pth", ".pt", ".bin", ".ckpt", ".pkl")

NAME = r"^[A-Za-z0-9._-]+$"
CHIP_STEP_PX = 32  # the network halves a chip's side five times

Activation = Literal["softmax", "sigmoid"]


class Sensor(BaseModel):
    """How another sensor's images become what the model was trained on: its bands in the model's
    order, and their scale, mean and standard deviation.
    """

    model_config = ConfigDict(extra="forbid")

    bands: tuple[str, ...] = Field(min_length=1)
    scale: float = Field(default=1.0, gt=0)
    mean: tuple[float, ...]
    std: tuple[float, ...]


class ModelRecord(BaseModel):
    """``model.json``: bands, normalisation, classes, licence and hashes of one segmentation model.

    ``mean`` and ``std`` are in the units of the image after ``scale`` was applied (value / scale),
    one a band; ``sensors`` are other sensors that the same weights serve. ``kind`` says what the
    weights are: a SegFormer, or an ONNX file whose ``output`` is logits or probabilities.
    ``activation`` says how two logits become a probability: ``softmax`` over the
    classes, or ``sigmoid`` of the mine logit alone, as the study's prediction script has it.
    """

    model_config = ConfigDict(extra="forbid", protected_namespaces=())

    name: str = Field(min_length=1, pattern=NAME)
    kind: Literal["segformer", "onnx"] = "segformer"
    output: Literal["logits", "probability"] = "logits"
    bands: tuple[str, ...] = Field(min_length=1)
    scale: float = Field(default=1.0, gt=0)
    mean: tuple[float, ...]
    std: tuple[float, ...]
    classes: tuple[str, ...] = ("background", "mine")
    mine_class: int = 1
    activation: Activation = "softmax"
    threshold: float = Field(default=0.5, gt=0, lt=1)
    chip_px: int = Field(default=512, ge=CHIP_STEP_PX, multiple_of=CHIP_STEP_PX)
    decoder_channels: int = Field(gt=0, le=4096)  # SegFormer-B5 has 768
    has_stage_activation: bool = False
    layer_norm_eps: float = Field(default=1e-5, gt=0, lt=1)
    licence: str = Field(min_length=1)
    source: str = ""
    metric: dict[str, float] = Field(default_factory=dict)
    sensors: dict[str, Sensor] = Field(default_factory=dict)
    sha256: dict[str, str] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _bands_agree(self) -> "ModelRecord":
        parts: dict[str, ModelRecord | Sensor] = {"": self, **self.sensors}
        for name, sensor in parts.items():
            if {len(sensor.bands), len(sensor.mean), len(sensor.std)} != {len(self.bands)}:
                raise ValueError(
                    f"{name or 'the record'}: bands, mean and std must have one value for each of "
                    f"{len(self.bands)} bands, not {len(sensor.bands)}, {len(sensor.mean)} and "
                    f"{len(sensor.std)}"
                )
            if any(value <= 0 for value in sensor.std):
                raise ValueError("std must be above 0 in every band")
        if not 0 <= self.mine_class < len(self.classes):
            raise ValueError(
                f"mine_class {self.mine_class} is none of the {len(self.classes)} classes"
            )
        return self

    def for_sensor(self, name: str | None) -> "ModelRecord":
        """The record as it is for images of one of its ``sensors``; SourceError where it has no such."""
        if name is None:
            return self
        if name not in self.sensors:
            known = ", ".join(self.sensors) or "no other sensor"
            raise SourceError(
                f"The model {self.name} knows {known}, not {name}. Correct sensor in "
                "[segmentation.images], or add it to the sensors of model.json."
            )
        return self.model_copy(update=self.sensors[name].model_dump())

    @property
    def model_id(self) -> str:
        """Name and the first eight digits of the weights' hash: what a prediction says it came
        from.
        """
        digest = hashlib.sha256(json.dumps(self.sha256, sort_keys=True).encode()).hexdigest()
        return f"{self.name}-{digest[:8]}"


def new_record(**fields: object) -> ModelRecord:
    """A record from its fields as a user gave them; SourceError says which of them is wrong."""
    try:
        return ModelRecord.model_validate(fields)
    except ValidationError as error:
        mistakes = "; ".join(
            f"{'.'.join(map(str, detail['loc'])) or 'record'}: {detail['msg']}"
            for detail in error.errors()
        )
        raise SourceError(f"This is no model record: {mistakes}. Correct the options.") from error


def weight_hashes(folder: Path, record: ModelRecord) -> dict[str, str]:
    """SHA-256 of each weight file of a model folder."""
    return {name: sha256_of(folder / name) for name in WEIGHT_FILES[record.kind]}


def write_record(folder: Path, record: ModelRecord) -> ModelRecord:
    """Write ``model.json`` with the hashes of the weights beside it, and return the record as
    written.
    """
    signed = record.model_copy(update={"sha256": weight_hashes(folder, record)})
    text = json.dumps(signed.model_dump(mode="json"), indent=2) + "\n"
    (folder / RECORD_FILE).write_text(text, encoding="utf-8")
    return signed


def read_record(folder: Path, *, check_weights: bool = True) -> ModelRecord:
    """Read and check a model folder's record; ``check_weights`` reads the weights for their hashes.

    Raises SourceError for a pickle, a folder without a record, a broken record, missing weights, or
    weights whose hash is not the record's.
    """
    _refuse_pickle(folder)
    path = folder / RECORD_FILE
    if not path.is_file():
        raise SourceError(
            f"{folder} holds no {RECORD_FILE}. Name the folder of a model that quarry train or "
            "quarry import-model wrote."
        )
    check_whole(path, str(path), JSON_TIMES)
    try:
        record = ModelRecord.model_validate_json(path.read_text(encoding="utf-8"))
    except (ValidationError, UnicodeDecodeError) as error:
        raise SourceError(
            f"{path} is no model record: {error}. Write it again with quarry."
        ) from error
    if check_weights:
        _check_hashes(folder, record)
    return record


def _refuse_pickle(folder: Path) -> None:
    if folder.suffix in PICKLE_SUFFIXES:
        raise SourceError(
            f"{folder} is a pickle, which can run code when it is read. Convert it once with "
            "quarry import-model, which reads tensors only, and name the folder that it writes."
        )


def _check_hashes(folder: Path, record: ModelRecord) -> None:
    for name in WEIGHT_FILES[record.kind]:
        path = folder / name
        if not path.is_file():
            raise SourceError(f"{folder} lacks {name}. Copy the whole model folder again.")
        if sha256_of(path) != record.sha256.get(name):
            raise SourceError(f"{path} has another SHA-256 than {RECORD_FILE} says. {AGAIN}")
