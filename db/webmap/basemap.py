"""Pictures of another server below the map: the one thing that a page may load from elsewhere."""

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from quarrydb.errors import QueryError

PARTS = ("{z}", "{x}", "{y}")
HOST = re.compile(
    r"(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
)
MAX_ZOOM = 19  # that most tiles have
ZOOMS = range(1, 25)


@dataclass(frozen=True)
class Basemap:
    """XYZ tiles in Web Mercator: their address, their only origin, and whom to name."""

    address: str
    origin: str
    host: str
    attribution: str
    max_zoom: int = MAX_ZOOM


def check_basemap(address: str, attribution: str | None, max_zoom: int | None = None) -> Basemap:
    """The tiles at ``address``, such as ``https://tiles.example.org/{z}/{x}/{y}.png``.

    QueryError says what is wrong with it. Only ``https`` is taken, and ``http`` of this machine.
    """
    problem = _problem(address)
    if problem:
        raise QueryError(
            f"{address!r} {problem}. An address of tiles reads like "
            "https://tiles.example.org/{z}/{x}/{y}.png"
        )
    if not (attribution or "").strip():
        raise QueryError(
            "Whose pictures are these? Providers ask to be named on the map: "
            'add --basemap-credit "© their name".'
        )
    zoom = MAX_ZOOM if max_zoom is None else max_zoom
    if zoom not in ZOOMS:
        raise QueryError(f"Tiles have zooms from {ZOOMS[0]} to {ZOOMS[-1]}, not {zoom}.")
    parts = urlsplit(address)
    origin = f"{parts.scheme}://{parts.netloc}"
    return Basemap(address, origin, parts.netloc, str(attribution).strip(), zoom)


def _problem(address: str) -> str | None:
    if not address.isascii() or any(c.isspace() or c in "\"'<>\\;," for c in address):
        return "holds a space, a quote or another sign that no address has"
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
        _ = parts.port
    except ValueError:
        return "is no address"
    if "@" in parts.netloc:
        return "holds a user or password, which every reader of the page would see"
    if "{" in parts.netloc:
        return "names its server with a placeholder; name one server"
    if not HOST.fullmatch(host) and not _is_ip(host):
        return "names no server"
    if parts.scheme != "https" and not (parts.scheme == "http" and _is_local(host)):
        return "is not https"
    missing = [part for part in PARTS if address.count(part) != 1]
    if missing:
        return f"needs {', '.join(missing)} once"
    others = re.findall(r"\{[^}]*\}", re.sub(r"\{[xyz]\}", "", address))
    return f"holds {others[0]}, which is not known here" if others else None


def _is_ip(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _is_local(host: str) -> bool:
    return host == "localhost" or (_is_ip(host) and ipaddress.ip_address(host).is_loopback)
