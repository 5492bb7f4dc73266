"""Everything that an installation with all extras brings may be passed on under the project's licence."""

import re
from importlib.metadata import PackageMetadata, PackageNotFoundError, distribution

from packaging.requirements import Requirement

EXTRAS = ("inference", "openvino", "report", "distributed", "ducklake")
# Licences that let an Apache-2.0 program use the package unchanged; MPL 2.0 binds its own files alone.
COMPATIBLE = re.compile(
    r"0BSD|Apache([ -](2\.0|Software License|License))?(, Version 2\.0| WITH LLVM-exception)?"
    r"|BSD([ -]License|-[23]-Clause)?|BSL-1\.0|CC0-1\.0|ISC( License \(ISCL\))?"
    r"|MIT([ -]License|-CMU)?|MPL-2\.0|Mozilla Public License 2\.0 \(MPL 2\.0\)"
    r"|PSF-2\.0|Python Software Foundation License|Unlicense|Zlib"
)


def licence_of(metadata: PackageMetadata) -> str:
    """A package's licence: the SPDX expression, else the classifiers, else the text's first line."""
    expression = metadata.get("License-Expression")
    if expression:
        return str(expression)
    named = [c.split(" :: ")[-1] for c in metadata.get_all("Classifier") or [] if "License ::" in c]
    if named:
        return " OR ".join(named)
    return next(iter(str(metadata.get("License") or "").strip().splitlines()), "")


def installed(name: str, extras: tuple[str, ...], found: dict[str, str]) -> dict[str, str]:
    """The licence of a package and of all that it needs, by name."""
    try:
        package = distribution(name)
    except PackageNotFoundError:
        return found
    found[name] = licence_of(package.metadata)
    for text in package.requires or []:
        need = Requirement(text)
        wanted = need.marker is None or any(
            need.marker.evaluate({"extra": extra}) for extra in (*extras, "")
        )
        if wanted and need.name not in found:
            installed(need.name, tuple(need.extras), found)
    return found


def is_compatible(licence: str) -> bool:
    """Whether every part that binds is compatible, or one of those to choose from."""
    return any(
        all(COMPATIBLE.fullmatch(part) for part in re.split(r"\s+AND\s+", choice))
        for choice in re.split(r"\s+OR\s+", licence)
    )


def test_every_licence_is_compatible() -> None:
    found = installed("quarrydb", EXTRAS, {})
    assert len(found) > 60
    assert {name: licence for name, licence in found.items() if not is_compatible(licence)} == {}


def test_others_are_found() -> None:
    for licence in ("GPL-3.0-only", "MIT AND GPL-2.0", "CC-BY-NC-4.0", "Proprietary", ""):
        assert not is_compatible(licence)
    assert is_compatible("GPL-2.0 OR MIT")
