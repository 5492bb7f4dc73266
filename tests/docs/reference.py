"""The references of commands, views and the project file: ``python -m tests.docs.reference``.

Each is made from the words of the code itself.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer.main

from quarrydb.catalog.objects import SqlObject, public_views, read_catalog
from quarrydb.cli.app import app
from tests.docs import data_page, project_file

DOCS = Path(__file__).parents[2] / "docs"
VIEWS_HEAD = """\
# Views

Every public view and its columns, from the comments that also stand in each database (`quarry views`,
`DESCRIBE`, any client that shows comments). `quarry graph VIEW` shows what a view is made from.
"""
HEAD = """\
# Commands

Made from the commands' own help; `quarry COMMAND --help` shows the same. Shell completion:
`quarry --install-completion`.

Exit codes: 0 well, 2 a mistake in the project file or the command, 3 a bad input file, 4 a build that
stopped, 5 a check that does not hold, 6 no or a bad database, 7 an optional part that is not installed,
8 a place that can't be written to, 130 stopped by hand. A query, view or format that does not exist is a
mistake in the command.
"""


def commands() -> dict[str, Any]:
    """Every command by name, in name order."""
    group: Any = typer.main.get_command(app)
    return dict(sorted(group.commands.items()))


def views_page() -> str:
    """The data dictionary of the public views."""
    items = public_views(read_catalog())
    topics = sorted({item.topic for item in items})
    lines = [VIEWS_HEAD]
    for topic in topics:
        names = [short(item) for item in items if item.topic == topic]
        lines.append(f"- {topic}: " + ", ".join(f"[{name}](#{name})" for name in names))
    for item in items:
        lines += ["", *view(item)]
    return "\n".join(lines) + "\n"


def short(item: SqlObject) -> str:
    """The view's name as people write it."""
    return item.name.removeprefix("main.")


def view(item: SqlObject) -> Iterator[str]:
    """Heading, meaning, grain, caveat and columns of a view."""
    yield from (f"## {short(item)}", "", item.comments.get("", item.summary))
    for key in ("Grain", "Caveat"):
        if key in item.header:
            yield from ("", f"{key}: {item.header[key]}")
    yield from ("", f"SQL: [{item.path.name}](../sql/{item.topic}/{item.path.name})", "")
    yield from ("| column | meaning |", "|---|---|")
    for name, meaning in item.comments.items():
        if name:
            yield f"| {name} | {meaning.replace('|', '/')} |"


def page() -> str:
    """The command reference."""
    found = commands()
    lines = [HEAD, "| command | what it does |", "|---|---|"]
    lines += [f"| [{name}](#quarry-{name}) | {first(command)} |" for name, command in found.items()]
    for name, command in found.items():
        lines += ["", *section(name, command)]
    return "\n".join(lines) + "\n"


def first(command: Any) -> str:
    """The first paragraph of a command's help, on one line."""
    return " ".join((command.help or "").split("\n\n")[0].split())


def section(name: str, command: Any) -> Iterator[str]:
    """Heading, usage, help, parameters and example of a command."""
    example = (command.epilog or "").removeprefix("Example: ")
    arguments = [p for p in command.params if p.param_type_name == "argument"]
    usage = " ".join(["quarry", name, "[OPTIONS]", *(argument(p) for p in arguments)])
    yield from (f"## quarry {name}", "", f"`{usage}`", "")
    yield from ("\n".join(" ".join(p.split()) for p in (command.help or "").split("\n\n")), "")
    rows = [row(param) for param in command.params if not getattr(param, "hidden", False)]
    if rows:
        yield from ("| parameter | meaning | default |", "|---|---|---|", *rows, "")
    yield from ("```bash", example, "```")


def argument(param: Any) -> str:
    """An argument in the usage line."""
    name = (param.metavar or param.name).upper()
    name = f"{name}..." if param.nargs == -1 else name
    return name if param.required else f"[{name}]"


def row(param: Any) -> str:
    """A parameter as a line of the table."""
    name = param.name.upper() if param.param_type_name == "argument" else ", ".join(param.opts)
    meaning = " ".join((getattr(param, "help", "") or "").split()).replace("|", "/")
    return f"| `{name}` | {meaning} | {default(param)} |"


def default(param: Any) -> str:
    """The default as text; nothing where it says nothing."""
    if param.required:
        return "required"
    shown = getattr(param, "show_default", None)
    if isinstance(shown, str):
        return shown
    value = param.default
    if value in (None, False, "", ()) or callable(value):
        return ""
    return f"`{value}`"


if __name__ == "__main__":
    (DOCS / "cli.md").write_text(page(), encoding="utf-8")
    (DOCS / "views.md").write_text(views_page(), encoding="utf-8")
    (DOCS / "project-file.md").write_text(project_file.page(), encoding="utf-8")
    (DOCS / "data.md").write_text(data_page.page(), encoding="utf-8")
