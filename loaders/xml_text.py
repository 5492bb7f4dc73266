"""XML of strangers, read without what makes XML dangerous."""

from pathlib import Path
from xml.etree import ElementTree

from quarrydb.errors import SourceError

MAX_DEPTH = 100


def parse_xml(path: Path, limit_bytes: int) -> ElementTree.Element:
    """The root element of a small XML file; SourceError where it is large, broken or declares entities."""
    try:
        with path.open("rb") as file:
            content = file.read(limit_bytes + 1)
    except OSError as error:
        raise SourceError(f"{path} can't be read: {error.strerror}.") from error
    if len(content) > limit_bytes:
        raise SourceError(f"{path} is over {limit_bytes:,} bytes: refused.")
    return parse_xml_bytes(content, str(path))


def parse_xml_bytes(content: bytes, name: str) -> ElementTree.Element:
    """As ``parse_xml``, for the content of a file called ``name``."""
    if b"\0" in content:
        raise SourceError(f"{name} is no XML in UTF-8. Write it again in UTF-8.")
    if b"<!" in content.replace(b"<!--", b""):
        raise SourceError(f"{name} declares a document type or entities: refused. Remove them.")
    try:
        root = ElementTree.fromstring(content)  # noqa: S314 - entities were refused above
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        raise SourceError(f"{name} is no XML that can be read: {error}. Write it again.") from error
    check_depth(root, name)
    return root


def check_depth(root: ElementTree.Element, name: str) -> None:
    """SourceError where elements nest deeper than any real file: to write them again would break."""
    level = [root]
    for _ in range(MAX_DEPTH):
        level = [child for element in level for child in element]
        if not level:
            return
    raise SourceError(f"{name} nests more than {MAX_DEPTH} elements: refused.")
