"""The SQL files of the package: what each makes, what it reads, and in which order they run."""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from graphlib import CycleError, TopologicalSorter
from importlib.resources import files
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Literal

from quarrydb.errors import BuildError, QueryError

if TYPE_CHECKING:
    from sqlglot import exp

Kind = Literal["table", "view", "macro", "check"]
PARAMETER = "main.parameter"
SCHEMAS = ("main", "core", "raw")  # of objects, as people look for them
HEADER_LINE = re.compile(r"^-- (?P<key>[A-Z][a-z]+):\s+(?P<value>.*)$")
COMMENT_STATEMENT = re.compile(
    r"^COMMENT ON (?P<what>VIEW|TABLE|COLUMN|MACRO) (?P<name>[\w.\"]+) IS\s+'(?P<text>.*?)';",
    re.DOTALL | re.MULTILINE,
)
# Words and signs as DuckDB tells them apart; spaces and comments are in no group. A test holds it
# against sqlglot, whose parser takes ten times as long, and longer to be imported.
TOKEN = re.compile(
    r"""
    \s+ | --[^\n]* | /\*.*?\*/
  | '(?P<string>(?:[^']|'')*)'
  | "(?P<quoted>(?:[^"]|"")*)"
  | (?P<number>\d+\.?\d*(?:[eE][+-]?\d+)?)
  | (?P<word>\w+)
  | (?P<sign>::|->>|->|<=|>=|<>|!=|\|\||//|\*\*|=>|:=|[^\w\s])
    """,
    re.DOTALL | re.VERBOSE,
)


@dataclass(frozen=True)
class SqlObject:
    """One SQL file: the object it creates, its comments and what it depends on."""

    name: str
    kind: Kind
    topic: str
    path: PurePath
    text: str

    @cached_property
    def header(self) -> dict[str, str]:
        """The header's fields by name (``Grain``, ``Reads``, ``Stored``, ...), continuation lines joined."""
        fields: dict[str, str] = {}
        key = ""
        for line in self.header_lines[1:]:
            if match := HEADER_LINE.match(line):
                key = match["key"]
                fields[key] = match["value"].strip()
            elif key and line.startswith("--  "):
                fields[key] += " " + line.removeprefix("--").strip()
        return fields

    @cached_property
    def header_lines(self) -> list[str]:
        """The comment lines at the top of the file."""
        lines = self.text.lstrip().splitlines()
        end = next((i for i, line in enumerate(lines) if not line.startswith("--")), len(lines))
        return lines[:end]

    @property
    def label(self) -> str:
        """The name as people write it: the schema main is left out."""
        return self.name.removeprefix("main.")

    @property
    def summary(self) -> str:
        """The sentence of the first line, after the object's name."""
        return self.header_lines[0].partition(": ")[2] if self.header_lines else ""

    @property
    def is_stored(self) -> bool:
        """Whether the build keeps the view's rows as a table."""
        return self.header.get("Stored", "").lower().startswith("yes")

    @property
    def is_public(self) -> bool:
        """Whether people are promised this object: views and tables of the schema main."""
        return self.kind in ("view", "table") and self.name.startswith("main.")

    @cached_property
    def statement(self) -> str:
        """The statement that creates the object, without comments of the file or on the object."""
        body = "\n".join(self.text.lstrip().splitlines()[len(self.header_lines) :])
        return COMMENT_STATEMENT.sub("", body).strip()

    @cached_property
    def table_statement(self) -> str:
        """The statement that makes a view's rows a table of the view's name, without the semicolon."""
        view = self.statement.removesuffix(";")
        return re.sub(r"^CREATE (?:OR REPLACE )?VIEW\b", "CREATE TABLE", view, count=1)

    @cached_property
    def comments(self) -> dict[str, str]:
        """Comment texts by column name; the object's own under the empty name."""
        found = {}
        for match in COMMENT_STATEMENT.finditer(self.text):
            column = match["name"].rpartition(".")[2] if match["what"] == "COLUMN" else ""
            found[column.strip('"')] = match["text"].replace("''", "'")
        return found

    @cached_property
    def tree(self) -> "exp.Expr":
        """The statement as sqlglot reads it."""
        import sqlglot  # slow to import, and no build asks for a tree
        from sqlglot.errors import SqlglotError

        try:
            tree = sqlglot.parse_one(self.statement, dialect="duckdb")
        except SqlglotError as error:
            raise BuildError(f"{self.path} can't be parsed: {error}") from error
        if tree is None:
            raise BuildError(f"{self.path} holds no statement.")
        return tree

    @cached_property
    def reads(self) -> tuple[str, ...]:
        """Qualified names of the tables and views that the header says the statement reads, sorted.

        Equal to ``parsed_reads`` for every file of the package; a test holds them together.
        """
        text = self.header.get("Reads", "nothing").removesuffix(".")
        if text.startswith("nothing"):
            return ()
        names = (name.strip() for name in text.split(","))
        return tuple(sorted(name if "." in name else f"main.{name}" for name in names))

    @cached_property
    def parsed_reads(self) -> tuple[str, ...]:
        """Qualified names of the tables and views that the statement reads, sorted, as sqlglot sees it."""
        from sqlglot import exp

        if self.kind == "table":
            return ()
        names = {cte.alias.lower() for cte in self.tree.find_all(exp.CTE)}
        own = self.tree.this.find(exp.Table) if isinstance(self.tree, exp.Create) else None
        found = set()
        for table in self.tree.find_all(exp.Table):
            if table is own or not isinstance(table.this, exp.Identifier):
                continue
            if table.db.lower() == "recurring" or (not table.db and table.name.lower() in names):
                continue
            found.add(f"{table.db or 'main'}.{table.name}".lower())
        return tuple(sorted(found))

    @cached_property
    def tokens(self) -> tuple[tuple[str, str], ...]:
        """Kind and text of the statement's words and signs, without comments and layout."""
        found = TOKEN.finditer(self.statement)
        return tuple(
            (token.lastgroup, token[token.lastgroup]) for token in found if token.lastgroup
        )

    @cached_property
    def functions(self) -> frozenset[str]:
        """Lower-case words before a bracket: every function, macro and UDF that the statement calls."""
        pairs = zip(self.tokens, self.tokens[1:], strict=False)
        return frozenset(word.lower() for (_, word), (_, sign) in pairs if sign == "(")

    @cached_property
    def words(self) -> frozenset[str]:
        """Every word of the statement in lower case, names of columns among them."""
        return frozenset(text.lower() for _, text in self.tokens)

    @cached_property
    def content(self) -> str:
        """What decides the result, free of comments and layout."""
        return " ".join(
            repr(text.replace("''", "'")) if kind == "string" else text
            for kind, text in self.tokens
        )


@lru_cache(maxsize=1)
def package_folder() -> Path:
    """The folder with the SQL files."""
    return Path(str(files("quarrydb.sql")))


def read_object(path: Path, folder: Path) -> SqlObject:
    """The object that one SQL file makes; BuildError where the file is not as promised."""
    topic = path.parent.relative_to(folder).as_posix()
    text = path.read_text(encoding="utf-8")
    if topic == "check":
        return SqlObject(path.stem, "check", topic, path, text)
    pattern = r"^CREATE (?:OR REPLACE )?(VIEW|TABLE|MACRO) ([\w.]+)"
    match = re.search(pattern, text, re.MULTILINE)
    if match is None:
        raise BuildError(f"{path} creates no view, table or macro.")
    name = match[2] if "." in match[2] else f"main.{match[2]}"
    if name.rpartition(".")[2] != path.stem:
        raise BuildError(f"{path} creates {name}: file and object must have the same name.")
    kinds: dict[str, Kind] = {"VIEW": "view", "TABLE": "table", "MACRO": "macro"}
    return SqlObject(name, kinds[match[1]], topic, path, text)


@lru_cache(maxsize=4)
def read_catalog(folder: Path | None = None) -> Mapping[str, SqlObject]:
    """Every object of the package by qualified name; checks under their file names."""
    folder = folder or package_folder()
    objects = [read_object(path, folder) for path in sorted(folder.rglob("*.sql"))]
    catalog = {item.name: item for item in objects}
    if len(catalog) != len(objects):
        names = [item.name for item in objects]
        twice = sorted({name for name in names if names.count(name) > 1})
        raise BuildError(f"Two SQL files make the same object: {', '.join(twice)}")
    return catalog


def dependencies(item: SqlObject, catalog: Mapping[str, SqlObject]) -> set[str]:
    """Names of the objects of ``catalog`` that must stand before ``item``: its tables and macros."""
    called = (f"{schema}.{word}" for word in item.functions for schema in SCHEMAS)
    used = {name for name in called if name in catalog and catalog[name].kind == "macro"}
    return {name for name in {*item.reads, *used} if name in catalog and name != item.name}


def chain(
    wanted: Iterable[str], given: Collection[str], catalog: Mapping[str, SqlObject]
) -> list[SqlObject]:
    """What ``wanted`` are made from, macros and all, short of what is ``given``, in a build's order."""
    found: dict[str, SqlObject] = {}
    waiting = [name for name in wanted if name not in given]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found[name] = catalog[name]
            waiting += dependencies(catalog[name], catalog) - set(given)
    return in_order(found.values(), catalog)


def in_order(items: Iterable[SqlObject], catalog: Mapping[str, SqlObject]) -> list[SqlObject]:
    """``items`` so that each stands after what it reads; the same order every time."""
    wanted = {item.name: item for item in items}
    graph = {
        name: sorted(dependencies(item, catalog) & set(wanted)) for name, item in wanted.items()
    }
    sorter = TopologicalSorter(dict(sorted(graph.items())))
    try:
        return [wanted[name] for name in sorter.static_order()]
    except CycleError as error:
        raise BuildError(
            f"SQL files read each other in a circle: {' -> '.join(error.args[1])}"
        ) from error


def public_views(catalog: Mapping[str, SqlObject]) -> list[SqlObject]:
    """The objects that people are promised, in name order."""
    return [item for _, item in sorted(catalog.items()) if item.is_public]


def find_object(name: str, catalog: Mapping[str, SqlObject] | None = None) -> SqlObject:
    """The object called ``name``, with or without its schema; the public one where both exist.

    QueryError where there is none; it suggests others.
    """
    catalog = read_catalog() if catalog is None else catalog
    wanted = name.lower()
    for candidate in (wanted, *(f"{schema}.{wanted}" for schema in SCHEMAS)):
        if candidate in catalog and catalog[candidate].kind != "check":
            return catalog[candidate]
    near = sorted(n for n in catalog if wanted.rpartition(".")[2] in n)[:5]
    hint = f"Did you mean {', '.join(near)}?" if near else "List them with: quarry views"
    raise QueryError(f"There is no view {name}. {hint}")
