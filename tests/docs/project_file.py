"""The reference of ``quarry.toml``, made from the models that validate it."""

from collections.abc import Iterator
from typing import Any

from quarrydb.project import Project

HEAD = """\
# The project file

Every section and key of `quarry.toml`, made from the models that check it. `quarry init` writes one to
begin with; [data.md](data.md) says which data fit where. Paths are relative to the project file; where
data may lie on servers, an address (`https://`, `s3://`) or a data set of the catalogue may stand.
`[name]` is a section, `[[name]]` one that can stand several times. Of the data only `[[polygons]]` is
needed: views of what is missing are empty. All mistakes are reported at once, each with its line.

```toml
[project]
name = "Mines of my region"

[[polygons]]
name = "maus"
path = "data/global_mining_polygons_v2.gpkg"

[countries]
path = "data/ne_10m_admin_0_countries.shp"

[parameters]
offshore_distance_km = 20
```
"""
TYPES = {"string": "text", "integer": "whole number", "number": "number", "boolean": "yes or no"}
LIMITS = {
    "minimum": "at least",
    "exclusiveMinimum": "above",
    "maximum": "at most",
    "exclusiveMaximum": "below",
}
Schema = dict[str, Any]


def page() -> str:
    """The whole page."""
    schema = Project.model_json_schema(by_alias=True)
    lines = [HEAD]
    for path, is_list, section in sections(schema, schema["$defs"], ()):
        name = ".".join(path)
        heading = f"[[{name}]]" if is_list else f"[{name}]"
        lines += [f"## `{heading}`", "", section["description"], ""]
        lines += ["| key | value | default | meaning |", "|---|---|---|---|"]
        needed = section.get("required", [])
        keys = sorted(own_keys(section), key=lambda item: item[0] not in needed)
        lines += [row(key, of, key in needed) for key, of in keys]
        lines.append("")
    return "\n".join(lines).rstrip() + "\n"


def sections(
    schema: Schema, defs: Schema, path: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], bool, Schema]]:
    """Path, whether it may stand several times, and schema of each section, parents first."""
    for key, of in schema["properties"].items():
        found = section_of(of)
        if found is None:
            continue
        is_list, name = found
        inner = defs[name]
        if own_keys(inner):
            yield (*path, key), is_list, inner
        yield from sections(inner, defs, (*path, key))


def section_of(of: Schema) -> tuple[bool, str] | None:
    """Whether a key holds a list of sections, and the section's name; None for a plain value."""
    one = given(of)
    is_list = one.get("type") == "array"
    reference = (one.get("items", {}) if is_list else one).get("$ref")
    return (is_list, reference.rpartition("/")[2]) if reference else None


def own_keys(section: Schema) -> list[tuple[str, Schema]]:
    """The keys of a section that hold values, not sections."""
    return [(key, of) for key, of in section["properties"].items() if section_of(of) is None]


def given(of: Schema) -> Schema:
    """The schema of a value that may be left out."""
    options = [option for option in of.get("anyOf", [of]) if option.get("type") != "null"]
    return options[0] if len(options) == 1 else of


def row(key: str, of: Schema, is_needed: bool) -> str:
    """A key as a line of the table."""
    default = "needed" if is_needed else shown(of.get("default"))
    cells = (f"`{key}`", value(given(of)), default, of.get("description", ""))
    return "| " + " | ".join(cell.replace("|", "/") for cell in cells) + " |"


def value(of: Schema) -> str:
    """What may stand there."""
    if "anyOf" in of:
        kinds = [value(option) for option in of["anyOf"] if option.get("type") != "null"]
        return " or ".join(dict.fromkeys(kinds))
    if of.get("type") == "object":
        return "table of texts"
    if "enum" in of:
        return " or ".join(f"`{choice}`" for choice in of["enum"])
    if of.get("type") == "array":
        inner = of.get("items") or of["prefixItems"][0]
        return "glob, or several" if inner.get("format") == "path" else f"[{value(inner)}, ...]"
    if of.get("format") == "path":
        return "path"
    limits = [f"{word} {of[key]:g}" for key, word in LIMITS.items() if key in of]
    return ", ".join([TYPES[of["type"]], *limits])


def shown(default: object) -> str:
    """A default as TOML has it; nothing where there is none."""
    if default is None or default == []:
        return ""
    if isinstance(default, bool):
        return f"`{str(default).lower()}`"
    return f"`{default:g}`" if isinstance(default, float) else f"`{default}`"
