"""Licences, bill of materials and advisories of what an installation brings."""

import json
import subprocess
import sys
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from tests.supply import advisories, sbom
from tests.supply.packages import extras_of_users, is_compatible, shipped

ROOT = Path(__file__).parent.parent.parent
CONSTRAINTS = ROOT / "constraints.txt"
NOW = datetime(2026, 11, 28, tzinfo=UTC)


def test_every_licence_is_compatible() -> None:
    found = shipped()
    assert len(found) > 60
    assert {"onnx", "pystac-client", "dask", "torch", "openvino"} < found.keys()
    assert {n: p.licence for n, p in found.items() if not is_compatible(p.licence)} == {}


def test_others_are_found() -> None:
    for licence in ("GPL-3.0-only", "MIT AND GPL-2.0", "CC-BY-NC-4.0", "Proprietary", ""):
        assert not is_compatible(licence)
    assert is_compatible("GPL-2.0 OR MIT")


def test_the_tested_set_pins_all_that_is_shipped() -> None:
    pins = advisories.pinned(CONSTRAINTS.read_text(encoding="utf-8"))
    own = {"quarrydb", "setuptools"}  # setuptools, which torch names, is the environment's own
    versions = {name: package.version for name, package in shipped().items() if name not in own}
    assert {n: v for n, v in versions.items() if pins.get(n) != v.partition("+")[0]} == {}


def test_the_bill_of_materials_is_valid_and_complete(tmp_path: Path) -> None:
    text = sbom.as_json(sbom.bill())
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    content = json.loads(text)
    listed = {one["name"]: one for one in content["components"]}
    assert content["metadata"]["component"]["name"] == "quarrydb"
    assert listed.keys() == shipped().keys() - {"quarrydb"}
    assert all(one["licenses"] and one["purl"].startswith("pkg:pypi/") for one in listed.values())
    needs = {one["ref"]: one.get("dependsOn", []) for one in content["dependencies"]}
    assert listed["duckdb"]["purl"] in needs[content["metadata"]["component"]["purl"]]
    assert listed["numpy"]["purl"] in needs[listed["pandas"]["purl"]]
    run_twice = sbom.as_json(sbom.bill())
    assert run_twice == text
    subprocess.run(
        [sys.executable, "-m", "tests.supply.sbom", tmp_path / "a.json"], check=True, cwd=ROOT
    )
    assert (tmp_path / "a.json").read_text(encoding="utf-8") == text


def test_extras_of_users_are_all_installed_here() -> None:
    assert {"inference", "onnx", "stac", "report", "distributed", "ducklake"} <= set(
        extras_of_users()
    )
    assert not {"dev", "benchmark"} & set(extras_of_users())


def advisory(*events: dict[str, str], **more: Any) -> dict[str, Any]:
    """A record as OSV writes it, on the package Some.Thing."""
    affected = {
        "package": {"ecosystem": "PyPI", "name": "Some.Thing", "purl": "pkg:pypi/some-thing"},
        "ranges": [{"type": "ECOSYSTEM", "events": list(events)}],
        "versions": more.pop("versions", []),
    }
    return {
        "id": "PYSEC-2026-1", "modified": "2026-11-20T00:00:00Z", "summary": "It runs what it reads.",
        "affected": [affected], **more,
    }  # fmt: skip


FROM_START, FIXED = {"introduced": "0"}, {"fixed": "1.5"}


@pytest.mark.parametrize(
    ("version", "record", "is_hit"),
    [
        ("1.4.9", advisory(FROM_START, FIXED), True),
        ("1.5", advisory(FROM_START, FIXED), False),
        ("1.5rc1", advisory(FROM_START, FIXED), True),
        ("1.10", advisory(FROM_START, FIXED), False),
        ("9.0", advisory(FROM_START), True),
        ("2.0", advisory({"introduced": "1.0"}, {"last_affected": "2.0"}), True),
        ("2.0.1", advisory({"introduced": "1.0"}, {"last_affected": "2.0"}), False),
        ("0.9", advisory({"introduced": "1.0"}, FIXED), False),
        ("2.1", advisory({"fixed": "2.2"}, {"introduced": "2.0"}, FROM_START, FIXED), True),
        ("1.7", advisory({"fixed": "2.2"}, {"introduced": "2.0"}, FROM_START, FIXED), False),
        ("1.7", advisory(versions=["1.7.0"]), True),
        ("1.7", advisory(FROM_START, withdrawn="2026-11-21T00:00:00Z"), False),
    ],
)
def test_a_version_is_judged_as_the_standard_says(
    version: str, record: dict[str, Any], is_hit: bool
) -> None:
    hits, newest = advisories.holes({"some-thing": version}, [record])
    assert bool(hits) == is_hit
    assert newest == datetime(2026, 11, 20, tzinfo=UTC)
    other = json.loads(json.dumps(record).replace('"PyPI"', '"npm"'))
    assert advisories.holes({"some-thing": version}, [other])[0] == []
    assert advisories.holes({"another": version}, [record])[0] == []


@pytest.mark.parametrize("kind", ["zip", "folder", "list", "lines"])
def test_the_command_reads_every_form_of_the_export(tmp_path: Path, kind: str) -> None:
    modified = (datetime.now(UTC) - timedelta(days=31)).isoformat().replace("+00:00", "Z")
    bad, good = (
        advisory(FROM_START, FIXED, modified=modified),
        advisory({"introduced": "3"}, modified=modified),
    )
    good["id"] = "PYSEC-2026-2"
    (tmp_path / "constraints.txt").write_text("# pins\nsome_thing==1.2  # why\nnumpy==2.4.6\n")
    path = tmp_path / "advisories"
    if kind == "zip":
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("PYSEC-2026-1.json", json.dumps(bad))
            archive.writestr("PYSEC-2026-2.json", json.dumps(good))
    elif kind == "folder":
        path.mkdir()
        (path / "a.json").write_text(json.dumps(bad))
        (path / "b.json").write_text(json.dumps(good))
    elif kind == "list":
        path.write_text(json.dumps([bad, good]))
    else:
        path.write_text(json.dumps(bad) + "\n" + json.dumps(good) + "\n")
    command = [sys.executable, "-m", "tests.supply.advisories", tmp_path / "constraints.txt", path]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 1
    assert run.stdout.splitlines() == [
        "some-thing 1.2: PYSEC-2026-1, closed in 1.5. It runs what it reads.",
        "2 packages, 1 known holes in 1 of them.",
    ]
    assert "31 days ago: fetch newer ones" in run.stderr


def test_what_is_no_export_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "advisories.zip").write_bytes(b"PK\x03\x04 cut")
    command = [
        sys.executable,
        "-m",
        "tests.supply.advisories",
        CONSTRAINTS,
        tmp_path / "advisories.zip",
    ]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 2
    assert "can't be read as advisories" in run.stderr


def test_age_is_told_from_31_days_on() -> None:
    assert advisories.age_note(NOW - timedelta(days=30), NOW) is None
    said = advisories.age_note(NOW - timedelta(days=45), NOW)
    assert said == "The advisories end on 2026-10-14, 45 days ago: fetch newer ones."
    assert advisories.age_note(None, NOW) == "The file holds no advisory with a date."
