"""Read the tensors of a torch checkpoint without running what is pickled in it."""

from __future__ import annotations

import pickle
import zipfile
from collections import OrderedDict
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from quarrydb.errors import SourceError
from quarrydb.inference.extras import require
from quarrydb.memory import budget

if TYPE_CHECKING:
    import torch


class Inert:
    """Stands in for any object of a checkpoint that is no tensor: takes every
    state, does nothing.
    """

    def __init__(self, *args: object, **kwargs: object) -> None:
        """Ignore all arguments."""

    def __call__(self, *args: object, **kwargs: object) -> Inert:
        """Be called as a function without effect."""
        return self

    def __setstate__(self, state: object) -> None:
        """Forget the state."""

    def __setitem__(self, key: object, value: object) -> None:
        """Forget the item."""

    def append(self, value: object) -> None:
        """Forget the value."""

    def extend(self, values: object) -> None:
        """Forget the values."""


class RestrictedUnpickler(pickle.Unpickler):
    """Unpickles tensors and plain containers; every other global becomes ``Inert``."""

    def find_class(self, module: str, name: str) -> Any:
        """The named global where it only rebuilds tensors, else a class that does nothing."""
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if module in {"torch._utils", "torch"} and _rebuilds_tensors(module, name):
            return super().find_class(module, name)
        return Inert


def _rebuilds_tensors(module: str, name: str) -> bool:
    if module == "torch._utils":
        return name in {"_rebuild_tensor_v2", "_rebuild_parameter"}
    return name.endswith("Storage") or name in {"float16", "float32", "float64", "int64", "Size"}


def unpickle_weights(path: Path) -> dict[str, torch.Tensor]:
    """The weights in a torch checkpoint, under their own names.

    Raises SourceError for a file that is none, or that holds no ``state_dict``.
    """
    torch = require("torch")
    unpickle = SimpleNamespace(Unpickler=RestrictedUnpickler, load=_no_load, __name__="restricted")
    refuse_expansion(path)
    try:
        loaded = torch.load(path, map_location="cpu", pickle_module=unpickle, weights_only=False)
    except Exception as error:  # a damaged pickle can raise nearly anything
        reason = str(error).partition(". ")[0].rstrip(".")
        raise SourceError(
            f"{path} can't be read as a torch checkpoint: {reason}. Copy it again, or save it again "
            "with torch 1.6 or later."
        ) from error
    state = loaded.get("state_dict", loaded) if isinstance(loaded, dict) else None
    if not state or not all(isinstance(value, torch.Tensor) for value in state.values()):
        raise SourceError(
            f"{path} holds no state_dict of tensors. Name a checkpoint with the weights of a SegFormer."
        )
    for name, tensor in state.items():
        if tensor.numel() * tensor.element_size() > tensor.untyped_storage().nbytes():
            raise SourceError(f"{path}: its weights {name} claim more numbers than it holds.")
    return dict(state)


def refuse_expansion(path: Path) -> None:
    """SourceError where a checkpoint, which is a ZIP, unpacks to more than one file may take."""
    if not zipfile.is_zipfile(path):
        return  # torch says what it is instead
    with zipfile.ZipFile(path) as archive:
        n_bytes = sum(info.file_size for info in archive.infolist())
    if n_bytes > (limit := budget()).n_bytes:
        raise limit.refuse(str(path))


def _no_load(*args: object, **kwargs: object) -> object:
    raise SourceError("it is in torch's format before 1.6")
