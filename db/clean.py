"""Remove from the store what no step of the project, as it is now, refers to."""

from pathlib import Path

from quarrydb.build import Builder, remove_leftovers
from quarrydb.lock import exclusive
from quarrydb.project import Project


def clean_store(project: Project, *, dry_run: bool = False) -> dict[Path, int]:
    """Delete unreferenced files and return their sizes in bytes by path."""
    with exclusive(project.cache):
        builder = Builder(project)
        remove_leftovers(project.database)
        plan = builder.plan()
        used = {project.cache / "step" / f"{node.fingerprint}.json" for node in plan.steps}
        for node in plan.steps:
            record = builder.ledger.find(node.fingerprint)
            used |= {project.cache / o.path for o in record.outputs} if record else set()
            used |= set(node.load.keeps) if node.load else set()
        stale = [p for p in stored_files(project.cache) if p not in used]
        sizes = {path: path.stat().st_size for path in stale}
        if not dry_run:
            for path in stale:
                path.unlink(missing_ok=True)
    return sizes


def stored_files(cache: Path) -> list[Path]:
    """Every file of the store and of its records, temporary ones included."""
    folders = (cache / "store", cache / "step")
    return sorted(path for folder in folders for path in folder.rglob("*") if path.is_file())
