"""A bounded run of each fuzz target, and a plain mutation run where atheris is not installed."""

import random
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fuzz.targets import TARGETS, seeds

ROOT = Path(__file__).parent.parent.parent
RUNS = 3_000
SEED = 1


@pytest.mark.parametrize("name", TARGETS)
def test_mutated_files_end_in_an_error_or_a_result(name: str) -> None:
    """A few hundred mutations of each seed: bytes flipped, cut, doubled and swapped."""
    chance = random.Random(0)
    for seed in seeds(name):
        TARGETS[name](seed)
        for _ in range(40):
            TARGETS[name](mutated(seed, chance))


def mutated(data: bytes, chance: random.Random) -> bytes:
    """``data`` with one to eight mutations."""
    content = bytearray(data)
    for _ in range(chance.randint(1, 8)):
        place = chance.randrange(len(content) or 1)
        kind = chance.randrange(4)
        if kind == 0 and content:
            content[place] = chance.randrange(256)
        elif kind == 1:
            del content[place : place + chance.randint(1, 64)]
        elif kind == 2:
            content[place:place] = content[place : place + chance.randint(1, 64)]
        else:
            content[place : place + 4] = chance.randbytes(4)
    return bytes(content)


@pytest.mark.slow
@pytest.mark.parametrize("name", TARGETS)
def test_fuzz(name: str, tmp_path: Path) -> None:
    pytest.importorskip("atheris", reason="atheris is in the extra dev, for Linux")
    done = subprocess.run(
        [sys.executable, "-m", "tests.fuzz", name, str(RUNS), str(tmp_path), str(SEED)],
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
        cwd=ROOT,
    )
    failed = sorted(tmp_path.glob("failed-*"))
    assert done.returncode == 0, f"{failed}\n{done.stdout[-2000:]}\n{done.stderr[-3000:]}"
    runs = re.search(r"stat::number_of_executed_units: (\d+)", done.stderr)
    assert runs is not None
    assert int(runs[1]) > 50
