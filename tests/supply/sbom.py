"""Write the bill of materials, CycloneDX 1.6: what an installation of quarrydb with all extras brings.

``python -m tests.supply.sbom FILE``. The same packages give the same file.
"""

import argparse
import uuid
from pathlib import Path

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output import make_outputter
from cyclonedx.schema import OutputFormat, SchemaVersion
from packageurl import PackageURL

from tests.supply.packages import NAME, Package, shipped

VERSION = SchemaVersion.V1_6


def component(package: Package) -> Component:
    """A package as the standard describes it."""
    address = PackageURL("pypi", name=package.name, version=package.version)
    is_own = package.name == NAME
    return Component(
        name=package.name,
        version=package.version,
        type=ComponentType.APPLICATION if is_own else ComponentType.LIBRARY,
        licenses=[LicenseFactory().make_from_string(package.licence)],
        purl=address,
        bom_ref=str(address),
    )


def bill() -> Bom:
    """All packages, and which of them each needs."""
    packages = shipped()
    components = {name: component(package) for name, package in packages.items()}
    text = "\n".join(sorted(str(one.purl) for one in components.values()))
    bom = Bom(serial_number=uuid.uuid5(uuid.NAMESPACE_URL, text))
    bom.metadata.component = components[NAME]
    bom.components.update(one for name, one in components.items() if name != NAME)
    for name, one in components.items():
        needs = packages[name].needs
        bom.register_dependency(one, [components[need] for need in needs if need in components])
    return bom


def as_json(bom: Bom) -> str:
    """The bill as text, without the moment at which it was written."""
    bom.metadata.timestamp = None  # type: ignore[assignment]  # the standard leaves it free
    return make_outputter(bom, OutputFormat.JSON, VERSION).output_as_string(indent=2) + "\n"


def main() -> None:
    """Run as a command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    path = parser.parse_args().file
    bom = bill()
    path.write_text(as_json(bom), encoding="utf-8")
    print(f"{path}: {len(bom.components)} packages beside {NAME}")


if __name__ == "__main__":
    main()
