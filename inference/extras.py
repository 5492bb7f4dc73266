"""Optional packages, imported only where they are used."""

from importlib import import_module
from types import ModuleType

from quarrydb.errors import MissingExtraError

EXTRA_OF_PACKAGE = {
    "openvino": "openvino",
    "onnx": "onnx",
    "onnxruntime": "onnx",
    "pystac_client": "stac",
    "vl_convert": "report",
}


def require(module: str) -> ModuleType:
    """Import ``module``; MissingExtraError names the extra that brings it."""
    try:
        return import_module(module)
    except ImportError as error:
        package = module.partition(".")[0]
        extra = EXTRA_OF_PACKAGE.get(package, "inference")
        message = (
            f"{package} is not installed, and this step needs it ({error}). "
            f'Install it: pip install "quarrydb[{extra}]".'
        )
        raise MissingExtraError(message) from error
