"""HTML from templates: what is put in is escaped, and a page that runs scripts names them by hash."""

import base64
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from quarrydb.redact import printable, printable_parts


def environment(*packages: str) -> Environment:
    """The templates of the packages' folders ``templates``, the first's before the next's; a name that is
    not there is an error.

    Control characters are spelled out, also in the data of scripts: one in a name could turn the digits
    that follow it.
    """
    made = Environment(
        loader=ChoiceLoader([PackageLoader(package, "templates") for package in packages]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=lambda value: printable(value) if type(value) is str else value,
    )
    made.policies["json.dumps_function"] = lambda value, **options: json.dumps(
        printable_parts(value), **options
    )
    return made


def own(text: str) -> Markup:
    """A style or script of this package, or of a library that it carries, as it stands in a page."""
    return Markup(text.replace("</script", r"<\/script"))  # noqa: S704 never a user's text


@dataclass(frozen=True)
class Engine:
    """Where a WebAssembly engine and what it fetches may come from, beside the page's own host."""

    scripts: tuple[str, ...] = ()
    data: tuple[str, ...] = ()


def content_policy(
    scripts: Sequence[Markup],
    *,
    beside: bool = False,
    images: Sequence[str] = (),
    engine: Engine | None = None,
) -> str:
    """What a page may load: these scripts, its own styles and pictures, and nothing from anywhere;
    ``beside``: scripts of its own folder, too; pictures of the origins ``images``, too; an ``engine`` with
    its workers and its data.
    """
    hashes = " ".join(
        f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
        for text in scripts
    )
    folder = " 'self'" if beside or engine else ""
    more = ""
    if engine:
        folder += " ".join([" 'wasm-unsafe-eval'", *engine.scripts])
        data = " ".join(["'self'", *dict.fromkeys([*engine.scripts, *engine.data])])
        more = f"; worker-src 'self' blob:; connect-src {data}"
    return (
        f"default-src 'none'; script-src {hashes}{folder}; style-src 'unsafe-inline'; "
        f"img-src {' '.join(['data:', 'blob:', *images])}; base-uri 'none'; form-action 'none'{more}"
    )
