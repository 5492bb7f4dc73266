"""Kill builds, segmentations and exports at random moments, and see whether anything is lost.

``python -m tests.reliability.kills FOLDER N SEED [--write]`` prints one JSON object. In the new FOLDER it
makes a project that was built, segmented and exported with other parameters than its ``quarry.toml`` has
now. Each round restores that state, starts the whole run in a process group of its own, waits for a stage
(each in turn) to begin, kills the group at a random moment of it, looks at what is there, lets the next
run finish and compares it with a run that nobody disturbed. One round in four kills twice.

This process only forks: it never opens a database itself, since threads don't survive a fork.
"""

import argparse
import json
import os
import random
import shutil
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from quarrydb.catalog.objects import read_catalog
from quarrydb.database.connection import connect
from quarrydb.database.opening import open_checked
from quarrydb.engine import assemble
from quarrydb.engine.build import build
from quarrydb.export.views import export_views
from quarrydb.inference.run import segment
from quarrydb.progress import QuietProgress
from quarrydb.project import load_project
from quarrydb.udfs import functions  # noqa: F401 its imports take half a second
from tests.reliability import table
from tests.reliability.small import SEGMENTED_YEARS, change_segmented, write_segmented
from tests.reliability.stages import STAGES, Watch
from tests.reliability.state import export_hashes, is_between, site_years
from tests.reliability.tools import hashes_in, leftovers, table_hashes

TWICE_SHARE = 0.25
VIEWS = ("mine", "footprint", "site_history")
EXPORT = "export"
MAX_WAIT_S = 120.0
State = dict[str, Any]


@dataclass
class Summary:
    """What many rounds of killing showed; ``stages`` has kills by the stage that was hit."""

    n_kills: int = 0
    n_finished_before: int = 0
    n_looks: int = 0
    n_database_intact: int = 0
    n_exports_whole: int = 0
    n_rounds: int = 0
    n_rounds_killed: int = 0
    n_identical_after: int = 0
    n_site_years: int = 0
    n_site_years_lost_or_twice: int = 0
    n_leftovers: int = 0
    seconds_undisturbed: float = 0.0
    seconds: float = 0.0
    differing: list[str] = field(default_factory=list)
    stages: dict[str, int] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)


def in_child(function: Callable[[], Any]) -> Any:
    """The JSON-able result of ``function``, computed in a fork of this process."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        try:
            result = json.dumps({"result": function()})
        except BaseException as error:
            result = json.dumps({"error": f"{type(error).__name__}: {error}"})
        with os.fdopen(writer, "w", encoding="utf-8") as pipe:
            pipe.write(result)
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader, encoding="utf-8") as pipe:
        answer = json.loads(pipe.read() or '{"error": "no answer"}')
    os.waitpid(child, 0)
    if "error" in answer:
        raise RuntimeError(answer["error"])
    return answer["result"]


def run_whole(folder: Path) -> None:
    """What ``quarry segment`` and three ``quarry export`` do, in this process."""
    project = load_project(folder)
    build(project, workers=1)
    segment(project, SEGMENTED_YEARS, workers=1, device="cpu", progress=QuietProgress())
    build(project, workers=1)
    with connect(project.database) as connection:
        for file_format in ("parquet", "gpkg", "csv"):
            export_views(connection, folder / EXPORT, views=VIEWS, file_format=file_format)


def look(folder: Path) -> State:
    """Hashes of tables, site-years and exported files, as they are."""
    with open_checked(load_project(folder).database) as connection:
        tables, found = hashes_in(connection), site_years(connection)
    return {"tables": tables, "site_years": found, "files": export_hashes(folder / EXPORT)}


def built_hashes(folder: Path) -> dict[str, str]:
    """Hashes of all tables after a build alone, before anything is segmented."""
    project = load_project(folder)
    build(project, workers=1)
    return table_hashes(project.database)


def run_and_look(folder: Path, watch: Watch) -> State:
    """Run, and return what is there then, with the stages that were entered."""
    run_whole(folder)
    visits = list(watch.visits)
    return {**look(folder), "visits": visits, "leftovers": list(map(str, leftovers(folder)))}


def killed_run(folder: Path, watch: Watch, stage: str, visit: int, delay: float) -> bool:
    """Start a run and kill it ``delay`` seconds into a stage; whether it was still running."""
    watch.reset()
    child = os.fork()
    if child == 0:
        os.setpgid(0, 0)
        try:
            run_whole(folder)
        finally:
            os._exit(0)
    deadline = time.monotonic() + MAX_WAIT_S
    while watch.n_entered(stage) < visit and time.monotonic() < deadline:
        if os.waitpid(child, os.WNOHANG)[0]:
            return False
        time.sleep(0.0002)
    time.sleep(delay)
    try:
        os.killpg(child, signal.SIGKILL)
    except ProcessLookupError:
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status)


class Kills:
    """Rounds of killing one project."""

    def __init__(self, template: Path, folder: Path, seed: int) -> None:
        self.template, self.folder = template, folder
        self.chance = random.Random(seed)
        self.watch = Watch()
        self.summary = Summary()
        self.hit: Counter[str] = Counter()

    def run(self, n: int) -> Summary:
        """Do rounds until ``n`` runs were killed while they ran."""
        started = time.monotonic()
        self.watch.install()
        self.old = in_child(lambda: look(self.template))
        self.restore()
        built = in_child(lambda: built_hashes(self.folder))
        self.restore()
        before = time.monotonic()
        self.new = in_child(lambda: run_and_look(self.folder, self.watch))
        self.summary.seconds_undisturbed = time.monotonic() - before
        self.fixed = [name for name, digest in self.new["tables"].items() if built[name] == digest]
        self.stages = [s for s in STAGES if any(s == name for name, _ in self.new["visits"])]
        while self.summary.n_kills < n and self.summary.n_rounds < 3 * n:
            self.round()
        self.summary.stages = {stage: self.hit[stage] for stage in STAGES}
        self.summary.seconds = time.monotonic() - started
        return self.summary

    def restore(self) -> None:
        """Make the folder what the template is."""
        shutil.rmtree(self.folder, ignore_errors=True)
        shutil.copytree(self.template, self.folder, symlinks=True)

    def round(self) -> None:
        """Kill once or twice, look after each, let the next run finish, compare."""
        self.restore()
        self.summary.n_rounds += 1
        before = self.summary.n_kills
        label = self.kill()
        self.summary.n_rounds_killed += self.summary.n_kills - before
        if self.chance.random() < TWICE_SHARE:
            label += ", then " + self.kill()
        try:
            after = in_child(lambda: run_and_look(self.folder, self.watch))
        except RuntimeError as error:
            self.summary.faults.append(f"{label}; the next run: {error}")
            return
        self.compare(after, label)

    def kill(self) -> str:
        """Kill a run in the stage whose turn it is, and look at what it left."""
        stage = self.stages[
            (self.summary.n_kills + self.summary.n_finished_before) % len(self.stages)
        ]
        seconds = [s for name, s in self.new["visits"] if name == stage]
        visit = self.chance.randrange(len(seconds))
        delay = self.chance.uniform(0, seconds[visit])
        if killed_run(self.folder, self.watch, stage, visit + 1, delay):
            self.summary.n_kills += 1
            self.hit[self.watch.stage] += 1
        else:
            self.summary.n_finished_before += 1
        label = f"killed in {stage}, visit {visit + 1}, after {delay:.3f} s (in {self.watch.stage})"
        try:
            there = in_child(lambda: look(self.folder))
        except RuntimeError as error:
            self.summary.faults.append(f"{label}: {error}")
            return label
        self.judge(there, label)
        return label

    def judge(self, there: State, label: str) -> None:
        """After a kill: a database of the old or the new state, and every exported file whole."""
        summary = self.summary
        summary.n_looks += 1
        is_old = there["tables"] == self.old["tables"]
        if is_old or is_between(there, self.new, self.fixed):
            summary.n_database_intact += 1
        else:
            summary.faults.append(f"{label}: the database is neither old nor new")
        known = (self.old["files"], self.new["files"])
        strange = [n for n, d in there["files"].items() if d not in [k.get(n) for k in known]]
        if strange:
            summary.faults.append(f"{label}: exported files are neither old nor new: {strange}")
        else:
            summary.n_exports_whole += 1

    def compare(self, after: State, label: str) -> None:
        """After the next run: everything as if nobody had killed anything."""
        summary, new = self.summary, self.new
        same = after["tables"] == new["tables"] and after["files"] == new["files"]
        summary.n_identical_after += same
        if not same:
            names = [n for n, digest in new["tables"].items() if after["tables"].get(n) != digest]
            names += [n for n, digest in new["files"].items() if after["files"].get(n) != digest]
            summary.faults.append(f"{label}: not identical after: {names}")
            summary.differing = sorted({*summary.differing, *names})
        found, wanted = after["site_years"], new["site_years"]
        wrong = sum(found.get(key) != value for key, value in wanted.items())
        summary.n_site_years += len(wanted)
        summary.n_site_years_lost_or_twice += wrong + len(set(found) - set(wanted))
        summary.n_leftovers += len(after["leftovers"])
        if after["leftovers"]:
            summary.faults.append(f"{label}: left behind {after['leftovers']}")


def make_template(folder: Path) -> None:
    """A project that was built, segmented and exported, and whose parameters changed since."""
    write_segmented(folder)
    run_whole(folder)
    change_segmented(folder)


def as_lines(summary: Summary) -> list[str]:
    """The page's section of the full run."""
    minutes = summary.seconds / 60
    rows = [
        ("runs killed with kill -9", summary.n_kills),
        ("of them in the run after a killed one", summary.n_kills - summary.n_rounds_killed),
        ("the database opened, and was the old or the new one", summary.n_database_intact),
        ("all exported files were whole, old or new", summary.n_exports_whole),
        ("runs that followed", summary.n_rounds),
        ("ended with tables and files identical to an undisturbed run", summary.n_identical_after),
        ("site-years looked at after them", summary.n_site_years),
        ("of them lost, doubled or different", summary.n_site_years_lost_or_twice),
        ("temporary files left behind", summary.n_leftovers),
    ]
    return [
        "`make kills` kills a build, a segmentation of 12 site-years and three exports of one small "
        f"project, a run of {summary.seconds_undisturbed:.0f} s, in each stage in turn at a random "
        f"moment; these are the numbers of its last run, which took {minutes:.0f} minutes.",
        "",
        "| what | how many |",
        "| --- | --- |",
        *(f"| {what} | {n:,} |" for what, n in rows),
        "",
        *as_differences(summary.differing),
        "| stage that the kill hit | kills |",
        "| --- | --- |",
        *(f"| {stage} | {n} |" for stage, n in summary.stages.items()),
    ]


def as_differences(names: list[str]) -> list[str]:
    """What was not identical in some runs, as a paragraph; nothing where all was."""
    if not names:
        return []
    return [f"What differed in the others: {', '.join(names)}.", ""]


def prepare() -> None:
    """Import and parse here what each child would: the kills shall hit the work, and be many."""
    import torch

    assert torch.nn
    for item in read_catalog().values():
        assert item.comments is not None
        assert item.reads is not None
    # Comments of views and columns take a quarter of a small build, and no table depends on them.
    assemble.comment = lambda connection, item: None


def main() -> None:
    """Run as a command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("n", type=int)
    parser.add_argument("seed", type=int)
    parser.add_argument("--write", action="store_true", help="write the table into the page")
    arguments = parser.parse_args()
    prepare()
    folder = arguments.folder
    folder.mkdir(parents=True, exist_ok=True)
    in_child(lambda: make_template(folder))
    kills = Kills(folder, folder.with_name(f"{folder.name}-killed"), arguments.seed)
    summary = kills.run(arguments.n)
    sys.stdout.write(json.dumps(asdict(summary)) + "\n")
    if arguments.write:
        table.write_kills(as_lines(summary))


if __name__ == "__main__":
    main()
