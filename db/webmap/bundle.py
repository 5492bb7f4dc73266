"""The map's JavaScript modules as one script: a page without a server can't import."""

import re
from importlib.resources import files
from posixpath import dirname, join, normpath

ENTRY = "main.mjs"
IMPORT = re.compile(r'^import (\{[^}]*\}) from "(\.[^"]+)";$', re.MULTILINE)
EXPORT = re.compile(r"^export (?:async )?(?:class|const|function) (\w+)", re.MULTILINE)


def bundle() -> str:
    """All modules that the entry needs, each a function of its own after those that it imports.

    Of the language's ways to import and export ours use one each: names in braces, and ``export``
    before what is declared at the start of a line.
    """
    order: dict[str, str] = {}
    _add(ENTRY, order, ())
    return '\n"use strict";\n(() => {\n' + "\n".join(order.values()) + "\n})();\n"


def _add(name: str, order: dict[str, str], above: tuple[str, ...]) -> None:
    if name in above:
        raise ValueError(f"The modules {', '.join(above)} import each other.")
    if name in order:
        return
    text = (files("quarrydb.webmap") / "js" / name).read_text(encoding="utf-8")

    def place(other: str) -> str:
        return normpath(join(dirname(name), other))

    for _, other in IMPORT.findall(text):
        _add(place(other), order, (*above, name))
    exported = ", ".join(EXPORT.findall(text))
    body = IMPORT.sub(lambda found: f"const {found[1]} = {_variable(place(found[2]))};", text)
    body = re.sub(r"^export (?=async |class|const|function)", "", body, flags=re.MULTILINE)
    order[name] = f"const {_variable(name)} = (() => {{\n{body}return {{ {exported} }};\n}})();"


def _variable(name: str) -> str:
    return "$" + re.sub(r"\W", "_", name.removesuffix(".mjs"))
