"""Files that stand for more than fits into memory: each reader ends at its budget, and says which."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import geopandas
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import rasterio
import shapely
from rasterio.transform import from_origin

from quarrydb import memory
from quarrydb.errors import ProjectError, QuarryError
from quarrydb.inference.mix_transformer import EncoderConfig
from quarrydb.inference.record import RECORD_FILE, read_record
from quarrydb.inference.restricted_pickle import unpickle_weights
from quarrydb.loaders.formats.data import Meter
from quarrydb.loaders.formats.parquet import read_rows
from quarrydb.loaders.image import read_catalogue
from quarrydb.loaders.label import read_labels
from quarrydb.loaders.landcover_legend import read_legend
from quarrydb.loaders.raster import open_raster, read_window
from quarrydb.project import load_project
from tests.reliability.table import tried
from tests.reliability.tools import load_polygons, outcome, refusal

Happened = Callable[[str], None]
SECTION = "Files"
SQUARE = shapely.to_wkb(shapely.box(0, 0, 0.01, 0.01))
GEO = {
    "version": "1.0.0",
    "primary_column": "geometry",
    "columns": {"geometry": {"encoding": "WKB"}},
}


def equal_polygons(path: Path, n: int) -> Path:
    """A GeoParquet whose one square is named ``n`` times by its dictionary."""
    squares = pa.DictionaryArray.from_arrays(pa.array(np.zeros(n, np.int32)), [SQUARE])
    table = pa.table({"geometry": squares.cast(pa.binary())})
    table = table.replace_schema_metadata({"geo": json.dumps(GEO)})
    pq.write_table(table, path, compression="zstd", row_group_size=n)
    return path


def peak_of(code: str, *arguments: str) -> tuple[str, float]:
    """What a Python program prints, and the most memory that it had, MB."""
    path = {"PYTHONPATH": str(Path(__file__).parents[2])}
    peak = "\nprint(next(l for l in open('/proc/self/status') if l.startswith('VmHWM')))"
    command = [sys.executable, "-c", code + peak, *arguments]
    run = subprocess.run(
        command, env={**os.environ, **path}, capture_output=True, check=True, text=True
    )
    printed, _, kilobytes = run.stdout.partition("VmHWM:")
    return printed, int(kilobytes.split()[0]) / 1024


LOAD = """
import sys
from pathlib import Path
from tests.reliability.tools import load_polygons, refusal
path = Path(sys.argv[1])
print(refusal(lambda: load_polygons(path.parent, path)))
"""


@tried(SECTION, "GeoParquet of 38 kB that holds 3 million equal polygons")
def test_equal_rows_are_refused_before_they_are_unpacked(
    happened: Happened, tmp_path: Path
) -> None:
    path = equal_polygons(tmp_path / "a.parquet", 3_000_000)
    assert path.stat().st_size < 60_000
    printed, peak_mb = peak_of(LOAD, str(path))
    assert peak_mb < 600  # 145 of them are the modules; all polygons would be over 1,100
    happened(printed.strip())


def test_equal_rows_are_counted_at_their_full_size(tmp_path: Path) -> None:
    path = equal_polygons(tmp_path / "a.parquet", 20_000)
    nested = [[{"name": "x" * 1000}] * 20] * 500
    pq.write_table(pa.table({"nested": nested}), tmp_path / "b.parquet")
    for file, n_bytes in ((path, 20_000 * len(SQUARE)), (tmp_path / "b.parquet", 500 * 20 * 1000)):
        meter = Meter("a", memory.Budget(2**40, ""))
        table = read_rows(file, meter)
        assert n_bytes <= meter.n_bytes <= 1.2 * n_bytes
        assert table.equals(pq.read_table(file))


@pytest.mark.parametrize(
    "name", ["a.gpkg", "a.shp", "a.fgb", "a.geojson", "a.parquet", "a.gml", "a.csv"]
)
def test_every_format_ends_at_its_budget(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    x = np.arange(20_000) % 200 * 0.05
    y = np.arange(20_000) // 200 * 0.05
    frame = geopandas.GeoDataFrame(
        {"nr": x}, geometry=shapely.box(x, y, x + 0.02, y + 0.02), crs="EPSG:4326"
    )
    path = tmp_path / name
    if name.endswith(".parquet"):
        frame.to_parquet(path)
    elif name.endswith(".csv"):
        frame.assign(wkt=frame.geometry.to_wkt()).drop(columns="geometry").to_csv(path, index=False)
    else:
        frame.to_file(path)
    load = partial(
        load_polygons, tmp_path, path, **({"crs": "EPSG:4326"} if name == "a.csv" else {})
    )
    monkeypatch.setenv(memory.VARIABLE, "20MB")
    said = refusal(load)
    assert f"exit code 3: {path}" in said
    assert "would take more than 20 MB of memory (as QUARRY_READ_MEMORY says)" in said
    assert "allow more with QUARRY_READ_MEMORY=16GB" in said
    monkeypatch.setenv(memory.VARIABLE, "2 GiB")
    assert outcome(load()).startswith("Loaded: 20000 of 20000 features kept")


@tried(SECTION, "CSV of 20 MB of commas, where 200 MB of memory are allowed")
def test_a_table_of_nothing_is_counted(
    happened: Happened, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(memory.VARIABLE, "200MB")
    names = ["wkt", *(f"c{i}" for i in range(1000))]
    row = "POINT (0 0)" + "," * 1000 + "\n"
    (tmp_path / "a.csv").write_text(",".join(names) + "\n" + row * 20_000)
    said = refusal(lambda: load_polygons(tmp_path, tmp_path / "a.csv", crs="EPSG:4326"))
    happened(said)


def images(folder: Path, name: str) -> Path:
    path = folder / name
    rows = [{"image_id": f"i{n}", "path": f"{n}.tif", "year": 2020} for n in range(300)]
    if name.endswith(".parquet"):
        pq.write_table(pa.Table.from_pylist(rows), path)
    elif name.endswith(".csv"):
        path.write_text(
            "image_id,path,year\n" + "".join(f"{r['image_id']},{r['path']},2020\n" for r in rows)
        )
    else:
        path.write_text(json.dumps({"type": "FeatureCollection", "features": rows}))
    return path


def model(folder: Path) -> Path:
    (folder / RECORD_FILE).write_text(json.dumps({"bands": ["a"] * 1000}))
    return folder


def project(folder: Path) -> Path:
    (folder / "quarry.toml").write_text("# a comment\n" * 1000)
    return folder


def legend(folder: Path) -> Path:
    (folder / "legend.csv").write_text(
        "code,class_name,cover_type,category\n" + "1,a,b,other\n" * 1000
    )
    return folder / "legend.csv"


def labels(folder: Path) -> Path:
    (folder / "labels.csv").write_text("sample_id,reference_year\n" + "1,2000\n" * 1000)
    return folder / "labels.csv"


WHOLE: list[object] = [
    pytest.param(partial(images, name="images.csv"), read_catalogue, id="table of images"),
    pytest.param(partial(images, name="images.parquet"), read_catalogue, id="Parquet of images"),
    pytest.param(partial(images, name="items.json"), read_catalogue, id="STAC items"),
    pytest.param(model, read_record, id="model's record"),
    pytest.param(project, load_project, id="project file"),
    pytest.param(legend, read_legend, id="legend"),
    pytest.param(labels, read_labels, id="labels"),
]


@pytest.mark.parametrize(("make", "read"), WHOLE)
def test_what_is_read_whole_has_a_budget(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    make: Callable[[Path], Path],
    read: Callable[..., object],
) -> None:
    path = make(tmp_path)
    monkeypatch.setenv(memory.VARIABLE, "50kB")
    with pytest.raises(QuarryError, match=r"would take more than 50 kB of memory"):
        read(path)


def strip(path: Path) -> Path:
    profile = {"driver": "GTiff", "width": 2000, "height": 2000, "count": 3, "dtype": "float32"}
    with rasterio.open(
        path, "w", **profile, crs="EPSG:4326", transform=from_origin(0, 1, 1e-4, 1e-4),
        blockysize=2000, compress="deflate", interleave="pixel",
    ) as target:  # fmt: skip
        target.write(np.zeros((3, 2000, 2000), np.float32))
    return path


@tried("Rasters", "raster of one block that takes 48 MB, where 10 are allowed")
def test_a_block_has_a_budget(
    happened: Happened, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = strip(tmp_path / "lc_2000.tif")
    monkeypatch.setenv(memory.VARIABLE, "10MB")

    def read() -> None:
        with open_raster(path):
            pass

    happened(refusal(read))


def test_a_window_has_a_budget(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = strip(tmp_path / "lc_2000.tif")
    with open_raster(path) as dataset:
        monkeypatch.setenv(memory.VARIABLE, "10MB")
        window = rasterio.windows.Window(0, 0, 2000, 2000)
        said = refusal(lambda: read_window(dataset, path, window))
        assert "rows 0 to 1999, would take more than 10 MB" in said
        window = rasterio.windows.Window(0, 0, 2000, 100)
        assert read_window(dataset, path, window).shape == (3, 100, 2000)


def test_weights_that_stand_for_more_than_they_hold_are_refused(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    path = tmp_path / "iter.pth"
    torch.save({"state_dict": {"a": torch.zeros(1).expand(10**6, 10**6)}}, path)
    assert "its weights a claim more numbers than it holds" in refusal(
        lambda: unpickle_weights(path)
    )


def test_a_shape_of_more_weights_than_any_model_is_refused() -> None:
    assert EncoderConfig().n_weights < 2**22
    largest = {"hidden_sizes": (64, 128, 320, 512), "depths": (3, 6, 40, 3)}  # SegFormer-B5
    assert 6e7 < EncoderConfig(**largest).n_weights < 1.2e8
    with pytest.raises(ValueError, match="no SegFormer is so large"):
        EncoderConfig(hidden_sizes=(10**6,) * 4, num_attention_heads=(1,) * 4)


@pytest.mark.parametrize(
    ("text", "n_bytes"),
    [("8GB", 8e9), ("1.5 GiB", 1.5 * 2**30), ("512mib", 2**29), ("1000", 1000), (" 2 T ", 2e12)],
)
def test_an_amount_is_read_as_people_write_it(text: str, n_bytes: float) -> None:
    assert memory.parse_amount(text) == n_bytes


@pytest.mark.parametrize("text", ["much", "-1GB", "0", "8 GBB", "nan", "1e9", "8GB; rm"])
def test_an_amount_that_is_none_is_refused(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(memory.VARIABLE, text)
    with pytest.raises(ProjectError, match="QUARRY_READ_MEMORY is"):
        memory.budget()


def test_the_default_is_half_of_the_machine_or_container(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(memory.VARIABLE, raising=False)
    machine = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    for content, n_bytes in (("max", machine), ("4000000000", 4e9), (str(2**62), machine)):
        (tmp_path / content).write_text(f"{content}\n")
        monkeypatch.setattr(memory, "LIMIT_FILES", (tmp_path / "absent", tmp_path / content))
        assert memory.budget().n_bytes == int(n_bytes * memory.SHARE)
    assert memory.budget(100).n_bytes == memory.SMALL_BYTES
    assert memory.budget(2 * 2**20).n_bytes == 1000 * 2 * 2**20
