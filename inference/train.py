"""Train a SegFormer on chips: resumable, logged by epoch, the best epoch kept
with its threshold.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from quarrydb.errors import SourceError
from quarrydb.files import replacing, writing
from quarrydb.inference.chips import read_pair
from quarrydb.inference.evaluate import Tally, best_threshold, scores
from quarrydb.inference.extras import require
from quarrydb.inference.history import write_history
from quarrydb.inference.loss import pixel_losses
from quarrydb.inference.model import (
    load_network,
    mine_logit,
    normalise,
    save_network,
    shape_fields,
    writing_weights,
)
from quarrydb.inference.record import ModelRecord
from quarrydb.inference.training_data import (
    ChipFile,
    class_weights,
    labelled,
    training_batches,
)
from quarrydb.inference.training_start import NewModel, first_record, start_network
from quarrydb.store.shards import fingerprint

if TYPE_CHECKING:
    import torch

STATE_FILE = "state.safetensors"
# The best epoch is that of the best mean of so many: one lucky epoch is no better model.
SMOOTHED_EPOCHS = 3
Report = Callable[[Mapping[str, float]], None]


@dataclass(frozen=True)
class TrainSettings:
    """How to train; defaults are those of SegFormer's paper and of Sepin et al. 2025 where they say
    it.

    ``precision`` is ``no`` (float32) or ``bf16``; ``power`` is that of the polynomial decay.
    """

    size: str = "b0"
    epochs: int = 40
    batch_size: int = 8
    learning_rate: float = 6e-5
    weight_decay: float = 0.01
    warmup_steps: int = 100
    power: float = 1.0
    crop_px: int = 512
    scales: tuple[float, float] = (0.5, 2.0)
    precision: str = "no"
    seed: int = 0


def train(
    chips: Sequence[ChipFile],
    folder: Path,
    model: NewModel,
    settings: TrainSettings,
    *,
    start_from: Path | None = None,
    report: Report = lambda row: None,
) -> ModelRecord:
    """Train on the chips of split ``train``, validate on ``validation``, write the best model into
    ``folder``.

    A run that was stopped goes on from its last whole epoch, with the same result; more epochs than
    it had are added to it. ``start_from`` is a model folder, or an encoder, whose weights are the
    start. Returns the record of the best epoch. SourceError
    without chips.
    """
    accelerate = require("accelerate")
    require("torch")
    accelerator = accelerate.Accelerator(mixed_precision=settings.precision)
    accelerate.utils.set_seed(settings.seed)
    parts = _by_split(chips)
    record = first_record(parts["train"], model, size=settings.size, seed=settings.seed)
    network = start_network(record, settings.size, start_from)
    record = record.model_copy(update=shape_fields(network))
    run = _Run(accelerator, network, record, settings, folder, data_of(chips, model))
    weights = class_weights(parts["train"], len(record.classes))
    for epoch in range(run.resume(), settings.epochs):
        train_loss = run.train_epoch(epoch, parts["train"], weights)
        if accelerator.is_main_process:
            report(run.finish_epoch(epoch, train_loss, parts["validation"], weights))
        accelerator.wait_for_everyone()
    return load_network(folder / "model", for_inference=False)[1]


def _by_split(chips: Sequence[ChipFile]) -> dict[str, list[ChipFile]]:
    parts = {
        split: [chip for chip in chips if chip.split == split] for split in ("train", "validation")
    }
    for split, members in parts.items():
        if not members:
            raise SourceError(
                f"No chip is in the split {split}. Add sites, or change the seed of quarry chips."
            )
    return parts


def data_of(chips: Sequence[ChipFile], model: NewModel) -> str:
    """Hash of what a run learns from: its chips, their splits, bands and scale."""
    rows = sorted((chip.site_id, chip.year, chip.split, chip.image.name) for chip in chips)
    return fingerprint(rows, model.bands, model.scale, model.chip_px)


def learning_rate_factor(step: int, n_steps: int, warmup_steps: int, power: float) -> float:
    """Share of the full learning rate at ``step``: linear warm-up, then polynomial decay to 0 at
    ``n_steps``.
    """
    if step < warmup_steps:
        return (step + 1) / warmup_steps
    left = max(0, n_steps - step) / max(1, n_steps - warmup_steps)
    return float(left**power)


def n_steps_of(n_chips: int, settings: TrainSettings, n_ranks: int) -> int:
    """Steps of a whole run on each of ``n_ranks`` processes."""
    return settings.epochs * max(1, n_chips // settings.batch_size // n_ranks)


class _Run:
    """The moving parts of one training run."""

    def __init__(
        self,
        accelerator: Any,
        network: Any,
        record: ModelRecord,
        settings: TrainSettings,
        folder: Path,
        data: str,
    ) -> None:
        import torch

        self.data = data

        self.accelerator, self.record, self.settings, self.folder = (
            accelerator,
            record,
            settings,
            folder,
        )
        optimizer = torch.optim.AdamW(
            network.parameters(), lr=settings.learning_rate, weight_decay=settings.weight_decay
        )
        self.network, self.optimizer = accelerator.prepare(network, optimizer)
        self.step = 0
        self.best = -1.0
        self.history: list[dict[str, float]] = []

    @property
    def bare(self) -> Any:
        """The network without the wrapper of several processes."""
        return self.accelerator.unwrap_model(self.network)

    def train_epoch(
        self, epoch: int, chips: Sequence[ChipFile], weights: Sequence[float]
    ) -> tuple[float, float]:
        """One pass over the chips; the mean loss over hard pixels, and over all."""
        import torch

        settings, ranks = self.settings, self.accelerator.num_processes
        torch.manual_seed(settings.seed * 10_007 + epoch)
        n_steps = n_steps_of(len(chips), settings, ranks)
        self.network.train()
        losses = []
        for images, labels in training_batches(
            chips,
            batch_size=settings.batch_size,
            crop_px=settings.crop_px,
            scales=settings.scales,
            seed=(settings.seed, epoch),
            rank=self.accelerator.process_index,
            n_ranks=ranks,
        ):
            factor = learning_rate_factor(self.step, n_steps, settings.warmup_steps, settings.power)
            losses.append(
                self._train_step(images, labels, weights, settings.learning_rate * factor)
            )
        hard, whole = np.mean(losses, axis=0)
        return float(hard), float(whole)

    def _train_step(
        self, images: torch.Tensor, labels: torch.Tensor, weights: Sequence[float], rate: float
    ) -> tuple[float, float]:
        device = self.accelerator.device
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        with self.accelerator.autocast():
            logits = self.network(normalise(images.to(device), self.record))
        loss, whole = pixel_losses(logits, labels.to(device), weights)
        self.optimizer.zero_grad()
        self.accelerator.backward(loss)
        self.accelerator.clip_grad_norm_(self.network.parameters(), 1.0)
        self.optimizer.step()
        self.step += 1
        return float(loss.detach()), float(whole)

    def finish_epoch(
        self,
        epoch: int,
        train_loss: tuple[float, float],
        chips: Sequence[ChipFile],
        weights: Sequence[float],
    ) -> dict[str, float]:
        """Validate, log, keep the model if it is the best so far, and save the state."""
        tally, loss, loss_all = validate(
            self.bare, self.record, chips, weights, device=self.accelerator.device
        )
        threshold, mean_iou = best_threshold(tally)
        accuracy = float(scores(*tally.confusion())["accuracy"][round(threshold * 200)])
        row = {
            "epoch": epoch + 1,
            "step": self.step,
            "learning_rate": float(self.optimizer.param_groups[0]["lr"]),
            "train_loss": train_loss[0],
            "validation_loss": loss,
            "train_loss_all": train_loss[1],
            "validation_loss_all": loss_all,
            "mean_iou": mean_iou,
            "accuracy": accuracy,
            "threshold": threshold,
        }
        recent = [past["mean_iou"] for past in self.history[1 - SMOOTHED_EPOCHS :]]
        row["mean_iou_smoothed"] = float(np.mean([*recent, mean_iou]))
        self.history.append(row)
        if row["mean_iou_smoothed"] > self.best:
            self.best = row["mean_iou_smoothed"]
            metric = {"validation_mean_iou": mean_iou, "validation_accuracy": accuracy}
            update = {"threshold": threshold, "metric": metric}
            save_network(self.bare, self.folder / "model", self.record.model_copy(update=update))
        write_history(self.folder, self.history)
        self._save_state(epoch + 1)
        return row

    def _save_state(self, epoch: int) -> None:
        """Weights and optimizer moments as safetensors: no pickle is written or read."""
        safetensors = require("safetensors.torch")
        tensors = {f"network.{key}": value for key, value in self.bare.state_dict().items()}
        for index, state in self.optimizer.state_dict()["state"].items():
            tensors.update({f"optimizer.{index}.{key}": value for key, value in state.items()})
        cpu = {key: value.detach().cpu().contiguous().clone() for key, value in tensors.items()}
        state_record = {
            "epoch": epoch,
            "step": self.step,
            "best": self.best,
            "history": self.history,
            "settings": asdict(self.settings),
            "data": self.data,
        }
        with writing_weights(self.folder), replacing(self.folder / STATE_FILE) as temporary:
            safetensors.save_file(cpu, temporary, metadata={"state": json.dumps(state_record)})

    def resume(self) -> int:
        """Go on from the saved state, if there is one; the number of whole epochs done."""
        with writing(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / STATE_FILE
        if not path.is_file():
            return 0
        safetensors = require("safetensors")
        with safetensors.safe_open(path, "pt") as file:
            state = json.loads(file.metadata()["state"])
            tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
        self._check_settings(state["settings"])
        if state.get("data") != self.data:
            raise SourceError(
                f"{self.folder} holds a run on other chips, bands or scale. Name another folder, or give "
                "the same ones to go on."
            )
        self._restore(tensors)
        self.step, self.best, self.history = state["step"], state["best"], state["history"]
        return int(state["epoch"])

    def _check_settings(self, saved: Mapping[str, object]) -> None:
        wanted = json.loads(json.dumps(asdict(self.settings)))
        changed = {key for key in wanted if wanted[key] != saved.get(key)}
        if self.settings.epochs >= int(str(saved.get("epochs", 0))):
            changed.discard("epochs")
        if changed:
            raise SourceError(
                f"{self.folder} holds a run with other settings ({', '.join(sorted(changed))}). "
                "Name another folder, or give the same settings, and no fewer epochs, to go on."
            )

    def _restore(self, tensors: Mapping[str, torch.Tensor]) -> None:
        prefix = "network."
        self.bare.load_state_dict(
            {
                key.removeprefix(prefix): value
                for key, value in tensors.items()
                if key.startswith(prefix)
            }
        )
        state: dict[int, dict[str, torch.Tensor]] = {}
        for key, value in tensors.items():
            if key.startswith("optimizer."):
                _, index, name = key.split(".", 2)
                state.setdefault(int(index), {})[name] = value
        groups = self.optimizer.state_dict()["param_groups"]
        self.optimizer.load_state_dict({"state": state, "param_groups": groups})


def validate(
    network: Any,
    record: ModelRecord,
    chips: Sequence[ChipFile],
    weights: Sequence[float],
    *,
    device: Any = "cpu",
) -> tuple[Tally, float, float]:
    """Histogram of probabilities over all labelled pixels, and the mean losses over hard pixels and
    over all, of whole chips.
    """
    import torch
    from torch.nn.functional import interpolate

    network.eval()
    tally, losses = Tally(), []
    for chip in chips:
        pixels, mask = read_pair(chip.image, chip.mask)
        label = torch.from_numpy(labelled(pixels, mask).astype(np.int64))[None].to(device)
        with torch.inference_mode():
            image = normalise(torch.from_numpy(pixels)[None].to(device), record)
            logits = network(image).float()
            losses.append([float(loss) for loss in pixel_losses(logits, label, weights)])
            full = interpolate(logits, label.shape[-2:], mode="bilinear", align_corners=False)
            probability = torch.sigmoid(mine_logit(full, record))
        seen = (label < len(record.classes)).cpu().numpy()
        tally.add(probability.cpu().numpy()[seen], (label.cpu().numpy() == record.mine_class)[seen])
    hard, whole = np.mean(losses, axis=0)
    return tally, float(hard), float(whole)
