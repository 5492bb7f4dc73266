"""Run the blocks of a Markdown page that are marked ``run`` and compare, or renew, what they show.

A block opens with three backticks and ``sql run``, ``python run`` or ``bash run``. Where the next
block is ``text output``, it must be what the block prints. Blocks of one page share a connection, a
Python namespace and a folder with the built demo world in ``demo/``. To renew every output:

    python -m tests.docs.runner docs/cookbook.md docs/start.md
"""

import contextlib
import io
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import duckdb

import quarrydb
from quarrydb.database.query import as_table, run_query

FENCE = re.compile(r"^```(?P<info>[^\n`]*)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)
COLUMNS = 100
SECONDS = 240


@dataclass(frozen=True)
class Block:
    """A marked block, with the place and text of its output where it shows one."""

    language: str
    code: str
    line: int
    output: str | None
    output_span: tuple[int, int] | None


def blocks(text: str) -> Iterator[Block]:
    """The marked blocks of a page, in order."""
    fences = list(FENCE.finditer(text))
    for position, fence in enumerate(fences):
        following = fences[position + 1] if position + 1 < len(fences) else None
        words = fence["info"].split()
        if words[1:] != ["run"]:
            continue
        is_output = following is not None and following["info"].split() == ["text", "output"]
        line = text.count("\n", 0, fence.start()) + 1
        yield Block(
            words[0],
            fence["body"],
            line,
            following["body"] if following and is_output else None,
            following.span("body") if following and is_output else None,
        )


@dataclass
class PageRun:
    """Where the blocks of one page run."""

    folder: Path
    names: dict[str, Any] = field(default_factory=dict)
    connection: duckdb.DuckDBPyConnection | None = None

    def run(self, block: Block) -> str:
        """What the block prints."""
        ways = {"sql": self._sql, "python": self._python, "bash": self._bash, "r": self._r}
        return ways[block.language](block.code)

    def _sql(self, code: str) -> str:
        if self.connection is None:
            self.connection = quarrydb.connect(self.folder / "demo" / "mines.duckdb")
        relation = run_query(self.connection, code, unlocked=True)
        return printed(lambda: as_table(relation)) if relation is not None else ""

    def _python(self, code: str) -> str:
        with contextlib.chdir(self.folder):
            return printed(lambda: exec(compile(code, "<docs>", "exec"), self.names))  # noqa: S102

    def _bash(self, code: str) -> str:
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        environment = os.environ | {"PATH": path, "COLUMNS": str(COLUMNS), "TERM": "dumb"}
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", code],
            cwd=self.folder,
            env=environment,
            capture_output=True,
            text=True,
            timeout=SECONDS,
        )
        if done.returncode:
            raise AssertionError(f"{code}\nended with {done.returncode}:\n{done.stderr}")
        return done.stdout

    def _r(self, code: str) -> str:
        script = self.folder / "block.R"
        script.write_text(code, encoding="utf-8")
        return self._bash("Rscript --vanilla block.R")

    def close(self) -> None:
        """Close what the blocks opened."""
        if self.connection is not None:
            self.connection.close()


def printed(action: Any) -> str:
    """What an action prints, on a page ``COLUMNS`` wide."""
    before = os.environ.get("COLUMNS")
    os.environ["COLUMNS"] = str(COLUMNS)
    out = io.StringIO()
    try:
        with contextlib.redirect_stdout(out):
            action()
    finally:
        os.environ.pop("COLUMNS")
        if before is not None:
            os.environ["COLUMNS"] = before
    return out.getvalue()


@cache
def has_r() -> bool:
    """Whether R with sf is installed here."""
    command = ["Rscript", "-e", "library(sf)"]
    return (
        shutil.which("Rscript") is not None
        and not subprocess.run(command, capture_output=True).returncode
    )


def runnable(text: str) -> list[Block]:
    """The marked blocks that this machine can run: those in R only where R with sf is installed."""
    return [block for block in blocks(text) if block.language != "r" or has_r()]


def tidy(text: str) -> str:
    """Text without spaces at line ends and empty lines around."""
    return "\n".join(line.rstrip() for line in text.strip("\n").splitlines())


def check(page: Path, folder: Path) -> list[str]:
    """What is wrong with a page: each failing block with its line."""
    page_run, wrong = PageRun(folder), []
    try:
        for block in runnable(page.read_text(encoding="utf-8")):
            where = f"{page.name}:{block.line}"
            try:
                found = tidy(page_run.run(block))
            except Exception as error:
                wrong.append(f"{where} fails: {type(error).__name__}: {error}")
                continue
            if block.output is not None and tidy(block.output) != found:
                wrong.append(f"{where} prints\n{found}\nnot\n{tidy(block.output)}")
    finally:
        page_run.close()
    return wrong


def renew(page: Path, folder: Path) -> int:
    """Write what the blocks print now into the page; gives the number of outputs that changed."""
    text = page.read_text(encoding="utf-8")
    page_run, changes = PageRun(folder), []
    try:
        for block in runnable(text):
            found = tidy(page_run.run(block)) + "\n"
            if block.output_span is not None and found != block.output:
                changes.append((block.output_span, found))
    finally:
        page_run.close()
    for (start, end), found in reversed(changes):
        text = text[:start] + found + text[end:]
    page.write_text(text, encoding="utf-8")
    return len(changes)


def demo_world(folder: Path) -> Path:
    """Write and build the demo world in ``folder/demo``."""
    from quarrydb.demo.write import write_demo
    from quarrydb.engine.build import build
    from quarrydb.project import load_project

    write_demo(folder / "demo")
    build(load_project(folder / "demo"))
    return folder


def main(pages: list[str]) -> None:
    """Renew pages against the folder named by QUARRY_DOCS, else against a new demo world."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(os.environ.get("QUARRY_DOCS") or demo_world(Path(temporary)))
        for page in pages:
            print(f"{page}: {renew(Path(page), folder)} outputs changed")


if __name__ == "__main__":
    main(sys.argv[1:])
