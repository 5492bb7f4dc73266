"""Proxies that the environment names: https_proxy, http_proxy, no_proxy, in either case of letters.

Which hosts may be asked is decided before, as without a proxy. The proxy looks names up, so where they lead
can't be checked here; nor need it: by https a tunnel leads to the host, which proves its name with its
certificate, and by http only hosts are asked that the user listed, which may be private.
"""

import ipaddress
import re
from base64 import b64encode
from dataclasses import dataclass, field
from urllib.parse import unquote
from urllib.request import (  # type: ignore[attr-defined]  # the stubs lack the second
    getproxies_environment,
    proxy_bypass_environment,
)

from quarrydb.errors import NetworkError
from quarrydb.fetch.address import LOOPBACK, parts_of

HTTP_PORT = 80
HOST = re.compile(r"[^\s%/]+")


@dataclass(frozen=True)
class Proxy:
    """A server that passes requests on."""

    host: str
    port: int
    # With its password, where it wants one.
    headers: dict[str, str] = field(default_factory=dict, repr=False)

    def __str__(self) -> str:
        """Where it is, without what it is told."""
        return f"{self.host}:{self.port}"


def proxy_for(scheme: str, host: str, port: int) -> Proxy | None:
    """The proxy that a host is asked through; None where it is asked itself, as this machine always is.

    NetworkError where the environment names one that can't be spoken to.
    """
    named = getproxies_environment()
    address = named.get(scheme) or named.get("all")
    if not address or is_here(host) or bypasses(f"{host}:{port}", named):
        return None
    variable = f"{scheme}_proxy"
    try:
        parts = parts_of(address if "://" in address else f"http://{address}")
    except ValueError:
        # Not "from error": the address may hold a password.
        raise NetworkError(
            f"The environment's {variable} has no host that can be asked, or no port that is a number. "
            "Write it as http://host:port."
        ) from None
    host_name = parts.hostname or ""
    if parts.scheme != "http" or not HOST.fullmatch(host_name):
        raise NetworkError(
            f"The environment's {variable} names a proxy of kind {parts.scheme}; only http://host:port is "
            f"spoken. Name such a one, or ask {host} directly: no_proxy={host}"
        )
    return Proxy(host_name, parts.port or HTTP_PORT, authorization(parts.username, parts.password))


def is_here(host: str) -> bool:
    """Whether a host is this machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host in LOOPBACK


def bypasses(place: str, named: dict[str, str]) -> bool:
    """Whether no_proxy names a host, or a domain that it is in."""
    return bool(proxy_bypass_environment(place, named))


def authorization(user: str | None, password: str | None) -> dict[str, str]:
    """The header that a proxy with a password wants."""
    if user is None:
        return {}
    pair = f"{unquote(user)}:{unquote(password or '')}"
    return {"Proxy-Authorization": "Basic " + b64encode(pair.encode()).decode()}
