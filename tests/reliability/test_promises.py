"""What SECURITY.md promises of the code itself, read from the code."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
PACKAGES = ("db", "loaders", "inference", "udfs")
# What would run, unpack or fetch what a file says.
CALLS = {
    "eval", "exec", "os.system", "pickle.load", "pickle.loads", "joblib.load", "urllib.request.urlopen",
    "requests.get", "tarfile.open", "shutil.unpack_archive",
}  # fmt: skip
METHODS = {"extractall", "extract"}
RESTRICTED = "inference/restricted_pickle.py"
# Reads members as streams: what it writes goes under names of its own.
STREAMS_TARS = "loaders/archive.py"


def sources() -> Iterator[Path]:
    """Every Python file of the package."""
    for package in PACKAGES:
        yield from (ROOT / package).rglob("*.py")


def calls(tree: ast.AST) -> Iterator[tuple[str, ast.Call]]:
    """Every call by its dotted name."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func), node


@pytest.mark.parametrize("path", sorted(sources()), ids=lambda path: str(path.relative_to(ROOT)))
def test_nothing_runs_unpacks_or_fetches_what_a_file_says(path: Path) -> None:
    for name, call in calls(ast.parse(path.read_text(encoding="utf-8"))):
        is_stream = name == "tarfile.open" and str(path.relative_to(ROOT)) == STREAMS_TARS
        assert name not in CALLS or is_stream, f"line {call.lineno}"
        assert name.rpartition(".")[2] not in METHODS or name.startswith(("re.", "pc.")), name
        assert not any(
            k.arg == "shell" and getattr(k.value, "value", True) for k in call.keywords
        ), name
        if name == "torch.load":
            given = {k.arg: ast.unparse(k.value) for k in call.keywords}
            is_restricted = str(path.relative_to(ROOT)) == RESTRICTED
            assert given.get("weights_only") == "True" or (
                is_restricted and given["pickle_module"] == "unpickle"
            )


def test_no_sql_reads_files_with_gdal() -> None:
    texts = [*sources(), *(ROOT / "sql").rglob("*.sql")]
    assert len(texts) > 200
    assert [p.name for p in texts if "st_read" in p.read_text(encoding="utf-8").lower()] == []
