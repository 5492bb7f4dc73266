"""Which servers may be asked for what: hosts, schemes, private addresses, mirrors, limits."""

import ipaddress
import os
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlsplit

from quarrydb.errors import NetworkError
from quarrydb.fetch.address import LOOPBACK, host_of
from quarrydb.fetch.tokens import unsigned

OFFLINE_VARIABLE = "QUARRY_OFFLINE"
GIB = 2**30


def offline_by_environment() -> bool:
    """Whether this process was told never to open a connection."""
    return os.environ.get(OFFLINE_VARIABLE, "").lower() not in ("", "0", "false", "no")


@dataclass(frozen=True)
class Policy:
    """What a build may ask of servers.

    ``hosts`` are those of the catalogue, ``listed`` those that the user wrote down, as
    ``example.org``, ``example.org:8443`` or ``http://intranet:8080``: only they may be private or
    without encryption. ``mirrors`` map the beginning of an address to another, or to a folder.
    ``rates`` are requests a second by host. ``tokens`` map the beginning of an address to the service that
    gives the tokens that sign it.
    """

    hosts: frozenset[str] = frozenset()
    listed: frozenset[str] = frozenset()
    mirrors: Mapping[str, str] = field(default_factory=dict)
    rates: Mapping[str, float] = field(default_factory=dict)
    tokens: Mapping[str, str] = field(default_factory=dict)
    may_fetch: bool = False
    offline: bool = False
    rate: float = 100.0
    connections: int = 16
    attempts: int = 6
    backoff_s: float = 0.5
    connect_timeout_s: float = 15.0
    stall_timeout_s: float = 30.0
    longest_wait_s: float = 600.0
    max_file_bytes: int = 64 * GIB
    max_whole_raster_bytes: int = GIB // 4

    def check(self, address: str) -> None:
        """NetworkError where an address may not be asked."""
        if self.offline:
            raise NetworkError(
                f"{unsigned(address)} would be asked, but this run is offline. "
                f"Run it without --offline and {OFFLINE_VARIABLE}, or fetch the data before."
            )
        try:
            self.check_host(address)
        except ValueError as error:
            raise NetworkError(str(error)) from error

    def check_host(self, address: str) -> None:
        """ValueError where the host of an address is neither known nor listed."""
        scheme, host = urlsplit(address).scheme, host_of(address)
        if not self.knows(host, scheme):
            raise ValueError(
                f"{host} is no host of a known data set, so {unsigned(address)} is not asked. "
                f'If you trust it, list it: [network] hosts = ["{self.as_listed(scheme, host)}"].'
            )
        if scheme != "https" and not self.is_listed(host, scheme):
            raise ValueError(
                f"{unsigned(address)} is not encrypted, so anybody on the way can change it. Use https, or "
                f'list it: [network] hosts = ["{self.as_listed(scheme, host)}"].'
            )

    def as_listed(self, scheme: str, host: str) -> str:
        """How a user lists a host."""
        return host if scheme == "https" else f"{scheme}://{host}"

    def knows(self, host: str, scheme: str) -> bool:
        """Whether a host is in the catalogue or listed by the user."""
        return host in self.hosts or self.is_listed(host, scheme)

    def is_listed(self, host: str, scheme: str) -> bool:
        """Whether the user wrote a host down, for this scheme; on the loopback for any."""
        name = host.rpartition(":")[0] if host.rpartition(":")[2].isdigit() else host
        plain = host in self.listed and (scheme == "https" or name in LOOPBACK)
        if plain or f"{scheme}://{host}" in self.listed:
            return True
        return any(
            host_of(target) == host and urlsplit(target).scheme == scheme
            for target in self.mirrors.values()
            if "://" in target
        )

    def rate_of(self, host: str) -> float:
        """Requests a second that a host is asked at most."""
        return self.rates.get(host, self.rate)

    def mirrored(self, address: str) -> str | Path:
        """Where an address is really read: itself, its mirror, or a file of a mirror folder."""
        for prefix in sorted(self.mirrors, key=len, reverse=True):
            if not address.startswith(prefix):
                continue
            rest, target = address[len(prefix) :], self.mirrors[prefix]
            if "://" in target:
                return target.rstrip("/") + "/" + rest.lstrip("/")
            file = Path(target, unquote(urlsplit(rest).path).lstrip("/"))
            if not file.resolve().is_relative_to(Path(target).resolve()):
                raise NetworkError(f"{address} leads out of the mirror folder {target}.")
            return file / "index.json" if file.is_dir() else file
        return address

    def places(self, host: str, port: int, *, scheme: str) -> Sequence[tuple[int, str]]:
        """Family and numeric address of each place behind a host name that may be connected to."""
        found = places_of(host, port)
        if self.is_listed(host, scheme) or self.is_listed(f"{host}:{port}", scheme):
            return found
        public = [(family, number) for family, number in found if is_public(number)]
        if not public:
            raise NetworkError(
                f"{host} leads to {found[0][1]}, which is no public address. If that is meant, list it: "
                f'[network] hosts = ["{self.as_listed(scheme, host)}"].'
            )
        return public


def places_of(host: str, port: int) -> Sequence[tuple[int, str]]:
    """Family and numeric address of each place behind a host name."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [(family, str(where[0])) for family, _, _, _, where in found]


def is_public(number: str) -> bool:
    """Whether an IP address is reachable by everybody: not private, link-local, loopback or reserved."""
    address = ipaddress.ip_address(number.partition("%")[0])
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address).is_global and not (mapped or address).is_multicast
