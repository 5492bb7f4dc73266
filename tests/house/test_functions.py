"""No function is longer than a reader holds: 40 lines without its docstring, or a reason stands here."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("db", "loaders", "inference", "udfs", "benchmarks", "examples", "tests")
MOST = 40
# A command declares its options, each with its help, in its signature; its body is as short as others.
COMMANDS = "db/cli/"
# Rows that a test is given stand in it.
TESTS = "tests/"
MOST_OF_A_TEST = 60


def functions() -> Iterator[tuple[str, ast.FunctionDef]]:
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.FunctionDef):
                    yield path.relative_to(ROOT).as_posix(), node


def n_lines(node: ast.FunctionDef, *, whole: bool) -> int:
    """Lines of the function, or of its body; its docstring counts for nothing."""
    body = node.body[1:] if ast.get_docstring(node) else node.body
    if not body:
        return 0
    inside = (node.end_lineno or 0) - body[0].lineno + 1
    return inside + (node.body[0].lineno - node.lineno if whole else 0)


def test_functions_are_short() -> None:
    long = {
        f"{path} {node.name}": n
        for path, node in functions()
        if (n := n_lines(node, whole=not path.startswith(COMMANDS)))
        > (MOST_OF_A_TEST if path.startswith(TESTS) else MOST)
    }
    assert long == {}
