"""The map's JavaScript without a browser: its unit tests, beside what Python says of the same things."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
import shapely

from quarrydb.report import words
from quarrydb.webmap.bundle import EXPORT, IMPORT, bundle
from quarrydb.webmap.encode import FIXED, Block, encode_shapes, pack, quantise, step_rows

HERE = Path(__file__).parent
SOURCES = sorted((HERE.parents[1] / "db" / "webmap" / "js").rglob("*.mjs"))
SKETCH = [
    -3.0,
    0.0,
    1e-5,
    0.00004,
    0.0012,
    0.00999,
    0.05,
    0.9996,
    1.0,
    9.995,
    12.3456,
    99.95,
    999.4,
]
SKETCH += [1234.6, 123456.7, 1e7, float("nan")]


def node() -> str:
    """A Node that is here: the system's, or the one that drives the browser of other tests."""
    found = shutil.which("node")
    if found is None:
        driver = pytest.importorskip("playwright._impl._driver", reason="there is no node here")
        found = driver.compute_driver_executable()[0]
    return str(found)


def planted_block() -> str:
    """Two shapes and rows of numbers as the page carries them, with what must come out."""
    square = shapely.box(10, -20, 10.001, -19.999)
    ring = shapely.Polygon(
        [(0, 0), (0.01, 0), (0.01, 0.01), (0, 0.01)],
        [[(0.002, 0.002), (0.004, 0.002), (0.004, 0.004)]],
    )
    shapes = np.array([square, ring], dtype=object)
    origins = np.array([[10 * FIXED, -20 * FIXED], [0, 0]])
    rows = [[0.5, None, 2.0], [None, None, -1.0], [2.0, 2.0, 1.25]]
    values = np.array([[np.nan if v is None else v for v in row] for row in rows])
    wanted = [
        [np.array(r.coords)[:-1].tolist() for r in (s.exterior, *s.interiors)] for s in shapes
    ]
    block = Block({"wanted": wanted, "rows": rows, "low": -1.0, "high": 2.0})
    block.sections = {
        "longitude": origins[:, 0].astype(np.int32),
        "latitude": origins[:, 1].astype(np.int32),
        "series": step_rows(quantise(values, -1.0, 2.0)),
        **{f"mine_{key}": array for key, array in encode_shapes(shapes, origins).items()},
    }
    return pack(block)


def test_the_scripts_pass_their_tests() -> None:
    written = [[v, words.number(v), words.percent(v)] for v in SKETCH]
    known = [row for row in written if row[0] == row[0]]  # JSON knows no NaN
    done = subprocess.run(
        [node(), "--test", *sorted(map(str, (HERE / "js").glob("*.test.mjs")))],
        capture_output=True,
        text=True,
        env={**os.environ, "WORDS": json.dumps(known), "BLOCK": planted_block()},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "skipped 0" in done.stdout


def test_the_bundle_is_one_script_that_stands(tmp_path: Path) -> None:
    script = tmp_path / "map.js"
    text = bundle()
    script.write_text(text)
    done = subprocess.run([node(), "--check", str(script)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    for path in SOURCES:
        folder = "" if path.parent.name == "js" else f"{path.parent.name}_"
        assert text.count(f"const ${folder}{path.stem} = ") == 1


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_modules_import_and_export_in_the_ways_that_the_bundle_reads(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count("import ") == len(IMPORT.findall(text)) + text.count("important ")
    assert text.count("export ") == len(EXPORT.findall(text))
    assert len(text.splitlines()) <= 400
