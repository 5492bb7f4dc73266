"""Tokens that sign addresses for a while: Planetary Computer's, or any service's that answers likewise.

A token is fetched when the first address under its prefix is asked for, is known to this process alone and
renewed before it ends. Addresses are stored, locked and printed without it.
"""

import json
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit, urlunsplit

from quarrydb.errors import NetworkError

# Parts of a query that sign it, lower case: Azure's, then those of S3, Google and CloudFront.
AZURE = (
    *("sv", "ss", "srt", "st", "se", "sr", "sp", "sip", "spr", "sig", "sks", "skt", "ske", "skv"),
    *("skoid", "sktid", "sdd", "saoid", "suoid"),
)
OTHERS = ("awsaccesskeyid", "googleaccessid", "expires", "signature", "policy", "key-pair-id")
PREFIXES = ("x-amz-", "x-goog-")
LEFT_S = 120.0  # a token is renewed that long before its end
LIFETIME_S = 600.0  # how long one lasts that names no end
FRESH_S = 60.0  # one that came so lately is not asked for again when it is refused


def unsigned(address: str) -> str:
    """An address without what signs it; other parts of its query stay."""
    parts = urlsplit(address)
    if not parts.query:
        return address
    given = parse_qsl(parts.query, keep_blank_values=True)
    names = {name.lower() for name, _ in given}
    gone = {*(AZURE if "sig" in names else ()), *(OTHERS if "signature" in names else ())}
    kept = [
        (name, value)
        for name, value in given
        if name.lower() not in gone and not name.lower().startswith(PREFIXES)
    ]
    if len(kept) == len(given):
        return address
    return urlunsplit((*parts[:3], urlencode(kept), parts.fragment))


@dataclass(frozen=True)
class Token:
    """A signature, as the query that it is; when it came and ends, seconds of this machine's clock."""

    query: str
    came: float
    ends: float


class Tokens:
    """The tokens of a process, by the service that gives them; ``services`` are by beginning of address."""

    def __init__(self, services: Mapping[str, str], ask: Callable[[str], bytes]) -> None:
        self.services = services
        self.ask = ask
        self.lock = threading.RLock()
        self.tokens: dict[str, Token] = {}

    def service_of(self, address: str) -> str | None:
        """The service that signs an address; None where none does."""
        for prefix in sorted(self.services, key=len, reverse=True):
            if address.startswith(prefix):
                return self.services[prefix]
        return None

    def query_of(self, address: str) -> str:
        """The query with which an address is asked for, its token fetched where there is none that lasts."""
        query, service = urlsplit(address).query, self.service_of(address)
        if service is None:
            return query
        with self.lock:
            token = self.tokens.get(service)
            if token is None or token.ends - LEFT_S < time.time():
                token = self.tokens[service] = read_token(service, self.ask(service))
        return f"{query}&{token.query}" if query else token.query

    def refused(self, address: str) -> bool:
        """Whether another token may be taken where one was: not if it had just come."""
        service = self.service_of(address)
        if service is None:
            return False
        with self.lock:
            token = self.tokens.get(service)
            if token is not None and time.time() - token.came < FRESH_S:
                return False
            self.tokens.pop(service, None)
        return True


def read_token(service: str, reply: bytes) -> Token:
    """The token in a service's reply: an object with ``token``, a query, and when it ends, if it says so."""
    try:
        said = json.loads(reply)
        query = str(said["token"]).lstrip("?")
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise NetworkError(
            f"{service} gave no token that can be read. Check [network.tokens]."
        ) from error
    if not query or any(ord(c) < 33 or ord(c) > 126 or c == "#" for c in query):
        raise NetworkError(f"{service} gave a token that is no query. Check [network.tokens].")
    end = said.get("msft:expiry") or parse_qs(query).get("se", [None])[0]
    now = time.time()
    try:
        ends = datetime.fromisoformat(str(end)).timestamp() if end else now + LIFETIME_S
    except ValueError as error:
        raise NetworkError(
            f"{service} gave a token whose end is no time: {str(end)[:40]}."
        ) from error
    # One that ends at once would be asked for with every request.
    return Token(query, now, max(ends, now + LEFT_S + 1))
