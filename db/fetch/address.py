"""Addresses of data: https and s3, with places for year, month and tile."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import PurePosixPath
from urllib.parse import SplitResult, quote, unquote, urlsplit, urlunsplit

from quarrydb.redact import hidden

PLACE = re.compile(r"\{(year|month|tile)\}")
PATTERNS = {"year": r"\d{4}", "month": r"(?:0[1-9]|1[0-2])", "tile": r"[EW]\d+[NS]\d+"}
SCHEME = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*://")
LOOPBACK = ("127.0.0.1", "localhost", "::1")
SCHEMES = ("https", "http", "s3")
MAX_LENGTH = 2000


def is_remote(value: object) -> bool:
    """Whether a path of the project file is an address of a server."""
    return SCHEME.match(str(value)) is not None


def canonical(text: str) -> str:
    """An address in its one spelling; s3:// as the https address of a public bucket.

    ValueError for what is no address of a file, or carries a password.
    """
    if len(text) > MAX_LENGTH or any(ord(c) < 33 for c in text.replace(" ", "")):
        raise ValueError(f"{text[:80]!r} is no address. Correct it.")
    parts = parts_of(text.replace(" ", "%20"))
    if parts.scheme.lower() not in SCHEMES or not parts.hostname:
        raise ValueError(f"{text} is no address that can be read. Use https:// or s3://.")
    without_password(text)
    path = quote(unquote(parts.path), safe="/%{}~!$&'()*+,;=:@") or "/"
    if ".." in PurePosixPath(unquote(path)).parts:
        raise ValueError(f"{text} climbs with '..'. Write the address out.")
    if parts.scheme.lower() == "s3":
        return f"https://{parts.hostname}.s3.amazonaws.com{path}"
    place = parts.hostname.lower() + (f":{parts.port}" if parts.port else "")
    return urlunsplit((parts.scheme.lower(), place, path, parts.query, ""))


def without_password(text: str) -> str:
    """The address as it is; ValueError where it carries a name or password."""
    parts = parts_of(text.replace(" ", "%20"))
    if "@" in parts.netloc:
        raise ValueError(
            f"the address on {parts.hostname} carries a name or password. Put it into ~/.netrc."
        )
    return text


def parts_of(text: str) -> SplitResult:
    """The parts of an address; ValueError where its port is no number or its host can't be one's name."""
    try:
        parts = urlsplit(text)
        (parts.hostname or "").encode("idna")
        _ = parts.port
    except ValueError as error:
        reason = str(error).rpartition("UnicodeError: ")[2].rstrip(")")
        raise ValueError(f"{hidden(text)[:80]!r} is no address: {reason}. Correct it.") from None
    return parts


def host_of(address: str) -> str:
    """Host of an address, with its port where it names one."""
    return urlsplit(address).netloc.lower()


def file_name(address: str) -> str:
    """The name of the file behind an address; Zenodo's end in ``NAME/content``."""
    parts = [unquote(part) for part in urlsplit(address).path.split("/") if part]
    if len(parts) > 1 and parts[-1] == "content":
        parts.pop()
    return as_file_name(parts[-1] if parts else "file")


def as_file_name(text: str) -> str:
    """A name that a server or an archive gives, as a file may be called here."""
    name = re.sub(r"[\x00-\x1f/\\]", "_", text)
    return name[-150:] if name.strip(". ") else "file"


@dataclass(frozen=True)
class Expanded:
    """One address of a template, with what stands in its places."""

    address: str
    places: Mapping[str, str]


def places_of(template: str) -> list[str]:
    """Names of the places in a template, each once."""
    return list(dict.fromkeys(PLACE.findall(template)))


def expand(template: str, values: Mapping[str, Sequence[str]]) -> Iterator[Expanded]:
    """Every address of a template, in the order of ``values``; ValueError where one is lacking."""
    names = places_of(template)
    missing = [name for name in names if not values.get(name)]
    if missing:
        raise ValueError(f"{template} has {{{missing[0]}}}, but {missing[0]}s are not given.")
    for chosen in product(*(values[name] for name in names)):
        places = dict(zip(names, chosen, strict=True))
        yield Expanded(filled(template, places), places)


def filled(template: str, places: Mapping[str, str]) -> str:
    """A template with the text of each of its places in it."""
    for name, text in places.items():
        template = template.replace(f"{{{name}}}", text)
    return template


def name_pattern(template: str) -> str:
    """A regular expression that finds a template's places in a file name, by groups of their names."""
    seen: set[str] = set()
    found = []
    for index, part in enumerate(PLACE.split(file_name(template))):
        if index % 2 == 0:
            found.append(re.escape(part))
        elif part in seen:
            found.append(f"(?P={part})")
        else:
            seen.add(part)
            found.append(f"(?P<{part}>{PATTERNS[part]})")
    return "".join(found)
