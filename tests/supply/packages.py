"""The packages that an installation of quarrydb brings, and the licence of each."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import Distribution, PackageMetadata, PackageNotFoundError, distribution

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

NAME = "quarrydb"
# What only those need who change quarrydb.
NOT_SHIPPED = ("dev", "benchmark")
# Licences that let an Apache-2.0 program use the package unchanged; MPL 2.0 binds its own files alone.
COMPATIBLE = re.compile(
    r"0BSD|Apache([ -](2\.0|Software License|License))?(, Version 2\.0| WITH LLVM-exception)?"
    r"|(3-Clause )?BSD([ -]License|-[23]-Clause)?|BSL-1\.0|CC0-1\.0|ISC( License \(ISCL\))?"
    r"|MIT([ -]License|-CMU)?|MPL-2\.0|Mozilla Public License 2\.0 \(MPL 2\.0\)"
    r"|PSF-2\.0|Python Software Foundation License|Unlicense|Zlib"
)


@dataclass(frozen=True)
class Package:
    """One installed package; ``needs`` are names of others that it brings."""

    name: str
    version: str
    licence: str
    needs: tuple[str, ...]


def licence_of(metadata: PackageMetadata) -> str:
    """A package's licence: the SPDX expression, else the classifiers, else the text's first line."""
    expression = metadata.get("License-Expression")
    if expression:
        return str(expression)
    named = [c.split(" :: ")[-1] for c in metadata.get_all("Classifier") or [] if "License ::" in c]
    if named:
        return " OR ".join(named)
    return next(iter(str(metadata.get("License") or "").strip().splitlines()), "")


def extras_of_users() -> tuple[str, ...]:
    """The extras that a user may install."""
    named = distribution(NAME).metadata.get_all("Provides-Extra") or []
    return tuple(extra for extra in named if extra not in NOT_SHIPPED)


def shipped() -> Mapping[str, Package]:
    """quarrydb with all extras of users, and everything that they need, by name, as installed here.

    What a marker leaves out on this system (as NVIDIA's packages beside another torch) is not installed,
    and so not listed.
    """
    found: dict[str, Package] = {}
    _add(NAME, extras_of_users(), found)
    return found


def _add(name: str, extras: tuple[str, ...], found: dict[str, Package]) -> None:
    name = str(canonicalize_name(name))
    try:
        package = distribution(name)
    except PackageNotFoundError:
        return
    before = found.get(name)
    wanted = _needs(package, extras)
    needs = tuple(sorted({*(before.needs if before else ()), *(n for n, _ in wanted)}))
    found[name] = Package(name, package.version, licence_of(package.metadata), needs)
    if before is None or needs != before.needs:
        for other, its_extras in wanted:
            _add(other, its_extras, found)


def _needs(package: Distribution, extras: tuple[str, ...]) -> list[tuple[str, tuple[str, ...]]]:
    found = []
    for text in package.requires or []:
        need = Requirement(text)
        if need.marker is None or any(need.marker.evaluate({"extra": e}) for e in (*extras, "")):
            found.append((str(canonicalize_name(need.name)), tuple(need.extras)))
    return found


def is_compatible(licence: str) -> bool:
    """Whether every part that binds is compatible, or one of those to choose from."""
    return any(
        all(COMPATIBLE.fullmatch(part) for part in re.split(r"\s+AND\s+", choice))
        for choice in re.split(r"\s+OR\s+", licence)
    )
