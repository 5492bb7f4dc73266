"""HTML from templates: what is put in is escaped, and a page that runs scripts names them by hash."""

import base64
import hashlib
from collections.abc import Sequence

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from quarrydb.redact import printable


def environment(package: str) -> Environment:
    """The templates of a package's folder ``templates``; a name that is not there is an error.

    Control characters are spelled out: one in a name could turn the digits that follow it.
    """
    return Environment(
        loader=PackageLoader(package, "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=lambda value: printable(value) if type(value) is str else value,
    )


def own(text: str) -> Markup:
    """A style or script of this package, or of a library that it carries, as it stands in a page."""
    return Markup(text.replace("</script", r"<\/script"))  # noqa: S704 never a user's text


def content_policy(
    scripts: Sequence[Markup], *, beside: bool = False, images: Sequence[str] = ()
) -> str:
    """What a page may load: these scripts, its own styles and pictures, and nothing from anywhere;
    ``beside``: scripts of its own folder, too; pictures of the origins ``images``, too.
    """
    hashes = " ".join(
        f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
        for text in scripts
    )
    folder = " 'self'" if beside else ""
    return (
        f"default-src 'none'; script-src {hashes}{folder}; style-src 'unsafe-inline'; "
        f"img-src {' '.join(['data:', 'blob:', *images])}; base-uri 'none'; form-action 'none'"
    )
