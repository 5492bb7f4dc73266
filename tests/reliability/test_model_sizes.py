"""Model folders whose files agree, but name sizes that no machine could hold, or code to run."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from quarrydb.inference.mix_transformer import read_config
from quarrydb.inference.model import SHIPPED_MODELS
from quarrydb.inference.record import CONFIG_FILE, read_record
from tests.reliability.table import case, tried
from tests.reliability.tools import refusal

Happened = Callable[[str], None]
SECTION = "Models and images"


def changed(folder: Path, name: str, **values: object) -> Path:
    """A copy of a shipped model with other values in one of its two descriptions."""
    shutil.copytree(SHIPPED_MODELS / "demo", folder / "model")
    file = folder / "model" / name
    file.write_text(json.dumps({**json.loads(file.read_text()), **values}))
    return folder / "model"


CONFIGS = [
    case(SECTION, "encoder of 20,000 blocks", {"depths": [20_000, 1, 1, 1]}),
    case(SECTION, "encoder of 1e18 bands", {"num_channels": 10**18}),
    case(SECTION, "encoder with a decoder of 1e15 channels", {"decoder_hidden_size": 10**15}),
]
RECORDS = [
    case(SECTION, "record with a decoder of 1e9 channels", {"decoder_channels": 10**9}),
    case(SECTION, "record whose layer norms divide by nothing", {"layer_norm_eps": 0.0}),
]


@pytest.mark.parametrize("values", CONFIGS)
def test_encoder(values: dict[str, object], tmp_path: Path, happened: Happened) -> None:
    folder = changed(tmp_path, CONFIG_FILE, **values)
    said = refusal(lambda: read_config(folder / CONFIG_FILE))
    happened(said.partition("[type")[0].strip())


@pytest.mark.parametrize("values", RECORDS)
def test_record(values: dict[str, object], tmp_path: Path, happened: Happened) -> None:
    folder = changed(tmp_path, "model.json", **values)
    happened(refusal(lambda: read_record(folder)).partition("[type")[0].strip())


@tried(SECTION, "encoder whose config.json names code to run (auto_map, trust_remote_code)")
def test_code(tmp_path: Path, happened: Happened) -> None:
    code = {"auto_map": {"AutoModel": "evil.Evil"}, "trust_remote_code": True}
    folder = changed(tmp_path, CONFIG_FILE, **code)
    (folder / "evil.py").write_text("raise SystemExit")
    assert read_config(folder / CONFIG_FILE) == read_config(SHIPPED_MODELS / "demo" / CONFIG_FILE)
    happened("Passed over: only sizes are read.")
