"""Section ``[network]`` of the project file, and the area that a project is restricted to."""

import re
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field, ValidationInfo, field_validator

from quarrydb.fetch.address import canonical, is_remote
from quarrydb.fetch.catalogue import known_hosts, known_rates
from quarrydb.fetch.policy import Policy, offline_by_environment
from quarrydb.project.types import LocalPath, Section, absolute

HOST = re.compile(r"(?:https?://)?(?:[a-z0-9.-]+|\[[0-9a-f:]+\])(?::\d{1,5})?")
CODE = re.compile(r"[A-Z][A-Z0-9]{2}(?:[A-Z0-9-]{0,9})")


def checked_host(text: str) -> str:
    """A host as a user lists it; https is what goes without saying."""
    host = text.lower().rstrip("/").removeprefix("https://")
    if not HOST.fullmatch(host):
        raise ValueError(
            f"{text!r} is no host. Write example.org, example.org:8443 or http://intranet:8080"
        )
    return host


class Network(Section):
    """What a build may ask of servers. Without fetch nothing is fetched but with quarry build --fetch."""

    fetch: bool = Field(
        False, description="Whether builds fetch what they lack without being told."
    )
    hosts: list[Annotated[str, AfterValidator(checked_host)]] = Field(
        default_factory=list,
        description="Hosts that may be asked beside those of the catalogue: 'example.org', or "
        "'http://intranet:8080' for one without encryption.",
    )
    mirror: dict[str, str] = Field(
        default_factory=dict,
        description="Beginnings of addresses, and the address or folder to read them from.",
    )
    cache: LocalPath | None = Field(
        None, description="Folder for fetched data, else the user's cache, shared by projects."
    )
    tokens: dict[str, str] = Field(
        default_factory=dict,
        description="Beginnings of addresses that must be signed, and the address of the service that gives "
        "tokens for them.",
    )
    requests_per_second: float | None = Field(
        None, gt=0, description="To each host at most; publishers' own limits hold besides."
    )

    @field_validator("mirror")
    @classmethod
    def _mirrors(cls, value: dict[str, str], info: ValidationInfo) -> dict[str, str]:
        found = {}
        for prefix, target in value.items():
            if not is_remote(prefix) or not prefix.endswith("/"):
                raise ValueError(f"{prefix!r} is no beginning of an address. End it in /.")
            if is_remote(target):
                found[canonical(prefix)] = canonical(target.rstrip("/") + "/")
                continue
            folder = absolute(Path(target), info)
            if not folder.is_dir():
                raise ValueError(f"{folder}, the mirror of {prefix}, is no folder.")
            found[canonical(prefix)] = str(folder)
        return found

    @field_validator("tokens")
    @classmethod
    def _tokens(cls, value: dict[str, str]) -> dict[str, str]:
        for address in (*value, *value.values()):
            if not is_remote(address):
                raise ValueError(f"{address!r} is no address. Write https://...")
        found = {canonical(prefix): canonical(service) for prefix, service in value.items()}
        for prefix, service in found.items():
            if not prefix.endswith("/"):
                raise ValueError(f"{prefix!r} is no beginning of an address. End it in /.")
            if any(service.startswith(other) for other in found):
                raise ValueError(f"{service} gives tokens, and can't need one itself.")
        return found

    def policy(self, *, may_fetch: bool = False, offline: bool = False) -> Policy:
        """The rules for requests, with what the command line and the environment say."""
        rates = known_rates()
        if self.requests_per_second is not None:
            limit = self.requests_per_second
            rates = {host: min(rate, limit) for host, rate in rates.items()}
        return Policy(
            hosts=known_hosts(),
            listed=frozenset(self.hosts),
            mirrors=self.mirror,
            rates=rates,
            tokens=self.tokens,
            rate=self.requests_per_second or Policy.rate,
            may_fetch=may_fetch or self.fetch,
            offline=offline or offline_by_environment(),
        )


Area = str | list[str] | list[float]


def checked_area(value: Area, info: ValidationInfo) -> Area:
    """An area that can be understood: codes, a box, or a file that is there."""
    if isinstance(value, list) and value and not isinstance(value[0], str):
        return checked_box([float(number) for number in value])
    names = [value] if isinstance(value, str) else list(value)
    if all(isinstance(name, str) and CODE.fullmatch(name) for name in names) and names:
        return [str(name) for name in names]
    if len(names) == 1 and not is_remote(names[0]):
        path = absolute(Path(str(names[0])), info)
        if path.is_file():
            return str(path)
    raise ValueError(
        f"{value!r} is no area: give a country code as in the countries' file (GHA), several, "
        "[west, south, east, north] in degrees, or a file of polygons"
    )


def checked_box(box: list[float]) -> list[float]:
    """West, south, east, north of a box of some size."""
    if len(box) != 4:
        raise ValueError(f"{box} is no box. Give [west, south, east, north] in degrees")
    west, south, east, north = box
    if not (-180 <= west < east <= 180 and -90 <= south < north <= 90):
        raise ValueError(
            f"{box} is no box: west must lie below east and south below north, within 180 and 90 degrees"
        )
    return box


AreaKey = Annotated[Area, AfterValidator(checked_area)]
