"""What reaches the terminal, and how a command ends when its output, its terminal or its folder goes away."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

import quarrydb
from quarrydb.cli import entry
from quarrydb.database.connection import connect
from quarrydb.database.query import as_csv, as_json_lines, run_query
from quarrydb.errors import QueryError
from quarrydb.redact import printable

QUARRY = [sys.executable, "-m", "quarrydb.cli"]
MANY = ["sql", "FROM range(200000)", "--csv"]


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file that says it was built, and holds nothing else: queries here need no mines."""
    path = tmp_path_factory.mktemp("screen") / "mines.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute(
            "CREATE SCHEMA raw; "
            "CREATE TABLE raw.build AS SELECT ? AS schema_version, 'x' AS quarrydb_version",
            [quarrydb.SCHEMA_VERSION],
        )
    return path


def quarry(*words: str, **options: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*QUARRY, *words],
        capture_output=True,
        text=True,
        check=False,
        **options,  # type: ignore[call-overload]
    )


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain, with umlauts: ü ß 鉱山", "plain, with umlauts: ü ß 鉱山"),
        ("a\tb\nc", "a\tb\nc"),
        ("\x1b[2Jgone", r"\x1b[2Jgone"),
        ("\x9b31mred", r"\x9b31mred"),
        ("\x1b]0;title\x07", r"\x1b]0;title\x07"),
        ("safe\rrm -rf", r"safe\rrm -rf"),
        ("\u202egpj.exe", r"\u202egpj.exe"),
    ],
)
def test_controls_are_spelled_out(text: str, shown: str) -> None:
    assert printable(text) == shown


def test_an_error_can_not_steer_the_terminal(tmp_path: Path) -> None:
    (tmp_path / "quarry.toml").write_text('[project]\nname = "x"\n"\\u001b[2J" = 1\n')
    done = quarry("plan", str(tmp_path))
    assert done.returncode == 2
    assert "\x1b" not in done.stdout + done.stderr
    assert r"\x1b[2J" in done.stderr


@pytest.mark.parametrize("form", ["--csv", "--json", "--all"])
def test_a_full_disk_is_said(database: Path, form: str) -> None:
    with Path("/dev/full").open("w") as full:
        command = [*QUARRY, "sql", "FROM range(2000)", form, "-d", str(database)]
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 8
    assert done.stderr == "Error: No space left on device.\n"


def test_a_reader_that_had_enough_is_no_error(database: Path) -> None:
    command = [*QUARRY, *MANY, "-d", str(database)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as run:
        assert run.stdout is not None
        assert run.stderr is not None
        assert run.stdout.readline() == b"range\n"
        run.stdout.close()
        assert run.stderr.read() == b""
        assert run.wait() == 0


def test_a_folder_that_is_gone_is_said(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    script = 'rmdir "$PWD" && exec "$@"'
    done = subprocess.run(
        ["sh", "-c", script, "sh", *QUARRY, "views"],
        cwd=gone, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode in (0, 8)
    assert "Traceback" not in done.stderr


def test_ascii_output_loses_nothing(database: Path) -> None:
    environment = {**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    done = quarry("sql", "SELECT 'ü' AS u", "-d", str(database), env=environment)
    assert done.returncode == 0
    assert r"\xfc" in done.stdout


def test_times_that_python_lacks(database: Path) -> None:
    query = "SELECT 'infinity'::TIMESTAMP AS t, '0044-03-15 (BC)'::DATE AS d, '-infinity'::TIMESTAMPTZ AS z"
    with connect(database) as connection:
        relation = run_query(connection, query)
        assert relation is not None
        assert list(as_csv(relation))[1] == "infinity,0044-03-15 (BC),-infinity"
        (line,) = as_json_lines(relation)
        assert line == '{"t": "infinity", "d": "0044-03-15 (BC)", "z": "-infinity"}'


def test_text_that_is_no_utf8(database: Path) -> None:
    with connect(database) as connection, pytest.raises(QueryError, match="not UTF-8"):
        run_query(connection, "SELECT '\udcff'")


def test_no_formula_in_a_spreadsheet(database: Path) -> None:
    query = "SELECT '=1+1' AS a, '@SUM(1)' AS b, '-2' AS c, -2 AS d, 'a=b' AS e, '\t=1' AS f"
    with connect(database) as connection:
        relation = run_query(connection, query)
        assert relation is not None
        assert list(as_csv(relation))[1] == "=1+1,@SUM(1),-2,-2,a=b,\t=1"
        assert list(as_csv(relation, spreadsheet=True))[1] == "'=1+1,'@SUM(1),'-2,-2,a=b,'\t=1"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_signal_ends_a_command_with_its_code(number: signal.Signals) -> None:
    script = (
        "import os, signal, sys, time\n"
        "from quarrydb.cli import app, entry\n"
        "def wait():\n"
        "    try:\n"
        "        print('ready', flush=True); time.sleep(60)\n"
        "    finally:\n"
        "        print('cleaned', flush=True)\n"
        "app.app = wait\n"
        "entry.main()\n"
    )
    # Under nohup a signal may be ignored from the start, which a command leaves so.
    before = signal.signal(number, signal.SIG_DFL)
    try:
        run = subprocess.Popen(
            [sys.executable, "-c", script],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
    finally:
        signal.signal(number, before)
    with run:
        assert run.stdout is not None
        assert run.stdout.readline() == "ready\n"
        run.send_signal(number)
        out, err = run.communicate(timeout=60)
    assert run.returncode == 128 + number
    assert out == "cleaned\n"
    assert entry.STOPPED in err


def test_commands_print_through_the_screen() -> None:
    """``typer.echo`` prints what it is given: outside ``screen`` only with ``printable`` in its line."""
    folder = Path(entry.__file__).parent
    found = [
        f"{path.name}: {line.strip()}"
        for path in folder.glob("*.py")
        for line in path.read_text(encoding="utf-8").splitlines()
        if "typer.echo(" in line and path.name != "screen.py" and "printable(" not in line
    ]
    assert not found
