"""Ctrl-C and kill -9: the last good database stays, the next run ends with the same tables."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.reliability.faults import (
    QUARRY,
    SAME,
    Hashes,
    rebuilt,
)
from tests.reliability.small import change
from tests.reliability.table import tried
from tests.reliability.tools import leftovers, table_hashes

# One kill a stage, about three minutes on one core; make kills does 120.
KILLS = int(os.environ.get("QUARRY_KILLS", "14"))


@pytest.mark.slow
@tried("Faults", "Ctrl-C at five moments of a build")
def test_interrupt(
    project: Path, expected_changed: Hashes, happened: Callable[[str], None]
) -> None:
    change(project)
    expected = table_hashes(project / "mines.duckdb")
    for lines in (0, 3, 8, 14, 20):
        with subprocess.Popen(
            [*QUARRY, "build", str(project)], stdout=-1, stderr=-1, text=True
        ) as process:
            assert process.stdout is not None
            for _ in range(lines):
                process.stdout.readline()
            if not lines:
                time.sleep(0.5)
            process.send_signal(signal.SIGINT)
            _, said = process.communicate()
        if process.returncode == 0:
            break
        assert process.returncode == 130, (process.returncode, said)
        assert "Traceback" not in said or lines == 0
        assert leftovers(project) == []
        assert table_hashes(project / "mines.duckdb") == expected
    assert rebuilt(project) == expected_changed
    happened(f"Exit code 130, the last good database opens; {SAME}.")


@pytest.mark.slow
@tried("Faults", "kill -9 of the command line at 20 random moments of a build")
def test_kill_command(
    project: Path, expected_changed: Hashes, happened: Callable[[str], None]
) -> None:
    import random

    change(project)
    expected = table_hashes(project / "mines.duckdb")
    chance = random.Random(7)
    for _ in range(20):
        process = subprocess.Popen(
            [*QUARRY, "build", str(project)], stdout=-3, stderr=-3, start_new_session=True
        )
        time.sleep(chance.uniform(0.5, 4))
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        assert table_hashes(project / "mines.duckdb") in (expected, expected_changed)
    assert rebuilt(project) == expected_changed
    happened(f"The last good database opens after each; {SAME}.")


@pytest.mark.slow
@tried("Faults", "kill -9 at random moments of a build, a segmentation and exports, in every stage")
def test_kill_everywhere(tmp_path: Path, happened: Callable[[str], None]) -> None:
    pytest.importorskip("torch")
    pytest.importorskip("transformers")
    done = subprocess.run(
        [sys.executable, "-m", "tests.reliability.kills", tmp_path / "p", str(KILLS), "7"],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
        cwd=Path(__file__).parent.parent.parent,
    )
    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout)
    assert summary["faults"] == []
    assert summary["n_kills"] >= KILLS, summary
    looks, rounds = summary["n_looks"], summary["n_rounds"]
    assert looks == summary["n_kills"] + summary["n_finished_before"]
    assert (summary["n_database_intact"], summary["n_exports_whole"]) == (looks, looks), summary
    assert summary["n_identical_after"] == rounds, summary
    assert summary["n_site_years"] == 12 * rounds
    assert (summary["n_site_years_lost_or_twice"], summary["n_leftovers"]) == (0, 0), summary
    happened(
        "After each the last good database opens, and exported files are whole; the next run ends with "
        "identical tables and files, each site-year once, and leaves no temporary file. "
        "The numbers stand below."
    )
