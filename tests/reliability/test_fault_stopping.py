"""Ctrl-C and kill -9: the last good database stays, the next run ends with the same tables."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from quarrydb.cli.entry import PATIENCE_S, STOPPED, Interrupts, exit_code
from quarrydb.errors import BuildError
from tests.reliability.faults import (
    QUARRY,
    SAME,
    Hashes,
    rebuilt,
)
from tests.reliability.small import change
from tests.reliability.table import tried
from tests.reliability.test_fault_workers import is_alive, until
from tests.reliability.tools import hears_interrupts, leftovers, table_hashes

# One kill a stage, about three minutes on one core; make kills does 120.
KILLS = int(os.environ.get("QUARRY_KILLS", "14"))


def interrupted(
    arguments: Sequence[object], *, after: float = 0, lines: int = 0, again: Sequence[float] = ()
) -> tuple[int, str]:
    """Exit code and errors of a command that got Ctrl-C after some seconds, or lines of output, and
    ``again`` some seconds after that.
    """
    with subprocess.Popen(
        [*QUARRY, *map(str, arguments)],
        stdout=-1,
        stderr=-1,
        text=True,
        preexec_fn=hears_interrupts,
    ) as process:
        assert process.stdout is not None
        for _ in range(lines):
            process.stdout.readline()
        time.sleep(after)
        process.send_signal(signal.SIGINT)
        for pause in again:
            time.sleep(pause)
            process.send_signal(signal.SIGINT)
        _, said = process.communicate()
    return process.returncode, said


@pytest.mark.slow
@tried("Faults", "Ctrl-C at five moments of a build")
def test_interrupt(
    project: Path, expected_changed: Hashes, happened: Callable[[str], None]
) -> None:
    change(project)
    expected = table_hashes(project / "mines.duckdb")
    for lines in (1, 3, 8, 14, 20):
        code, said = interrupted(["build", project], lines=lines)
        if code == 0:
            break
        assert code == 130, said
        assert said.strip() == STOPPED
        assert leftovers(project) == []
        assert table_hashes(project / "mines.duckdb") == expected
    assert rebuilt(project) == expected_changed
    happened(f"Exit code 130, the last good database opens; {SAME}.")


@pytest.mark.slow
@tried("Faults", "Ctrl-C five times at once, at three moments of a build")
def test_interrupt_again(
    project: Path, expected_changed: Hashes, happened: Callable[[str], None]
) -> None:
    change(project)
    for lines in (2, 6, 12):
        code, said = interrupted(["build", project], lines=lines, again=(0, 0.001, 0.01, 0.03))
        assert code == 130, said
        assert said.strip() == STOPPED
        assert leftovers(project) == []
    assert rebuilt(project) == expected_changed
    happened(f"Exit code 130, said once; the first is cleared up in peace; {SAME}.")


def test_only_a_late_ctrl_c_is_another_one(monkeypatch: pytest.MonkeyPatch) -> None:
    heard, now = Interrupts(), iter([10.0, 10.0, 10.1, 10.0 + PATIENCE_S, 10.0 + PATIENCE_S])
    monkeypatch.setattr("quarrydb.cli.entry.time.monotonic", lambda: next(now))
    with pytest.raises(KeyboardInterrupt):
        heard._note(signal.SIGINT, None)
    heard._note(signal.SIGTERM, None)
    assert heard.happened == 130
    with pytest.raises(KeyboardInterrupt):
        heard._note(signal.SIGINT, None)


@pytest.mark.slow
@tried("Faults", "Ctrl-C while the command line starts")
def test_interrupt_early(project: Path, happened: Callable[[str], None]) -> None:
    """Before our first line has run, Python ends in its own ways: with 1, or by the signal."""
    for after in (0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.8, 1.2):
        code, said = interrupted(["sql", "FROM mine", "-d", project / "mines.duckdb"], after=after)
        if code not in (0, 130):
            assert code in (1, -signal.SIGINT), said
            assert not re.search(r'command\.py", line \d+, in main', said), said
    happened("Exit code 130; where Python itself has not started yet, its own: 1 or the signal's.")


@pytest.mark.slow
@tried("Faults", "Ctrl-C in a terminal, which reaches the workers, too")
def test_interrupt_of_the_group(tmp_path: Path, happened: Callable[[str], None]) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        "import sys; from quarrydb.cli.entry import Interrupts, exit_code\n"
        "from quarrydb.workers.processes import map_shards\n"
        "from tests.reliability.test_fault_workers import waits\n"
        "if __name__ == '__main__':\n"
        "    heard = Interrupts(); heard.listen()\n"
        "    try: map_shards(waits, sys.argv[1:], workers=2)\n"
        "    except BaseException as error: sys.exit(exit_code(error, heard.happened))\n"
    )
    flags = [tmp_path / "a", tmp_path / "b"]
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent.parent)}
    with subprocess.Popen(
        [sys.executable, script, *flags], stderr=-1, text=True, env=env, preexec_fn=hears_interrupts
    ) as process:
        until(lambda: all(flag.exists() and flag.read_text() for flag in flags))
        os.killpg(process.pid, signal.SIGINT)
        try:
            _, said = process.communicate(timeout=60)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            raise
    assert process.returncode == 130, said
    assert said.strip() == STOPPED
    assert not any(is_alive(int(flag.read_text())) for flag in flags)
    happened("Exit code 130 at once; the workers end without a word.")


class WrappedError(Exception):
    """What a library makes of an interrupt."""


def test_an_interrupt_that_a_library_turns_into_another_error_is_one() -> None:
    """As DuckDB does where Ctrl-C falls into a Python function that a query calls."""
    assert exit_code(BuildError("Python exception: KeyboardInterrupt"), True) == 130
    assert exit_code(RuntimeError("Query interrupted"), True) == 130
    assert exit_code(BuildError("no"), False) == 4
    assert exit_code(SystemExit(0), True) == 0
    with pytest.raises(WrappedError):
        exit_code(WrappedError(), False)


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
