"""A planted scene cut into chips, and a tiny model trained on it, once for all tests."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely
from pyproj import Transformer

from quarrydb.inference.chips import Site, mine_mask, read_chip, write_chip
from quarrydb.loaders.image_reader import ImageSource
from tests.once import MakeOnce

from .planted import CRS, paint, scene, write_image
from .project import PlantedProject, plant_project, planted_in, run

BANDS = ("blue", "green", "red", "nir")
CHIP_PX = 64


@dataclass(frozen=True)
class PlantedScene:
    """An image, the mines in it (EPSG:4326) and a site around each."""

    image: Path
    mines: list
    sites: list


def planted_scene(folder: Path, seed: int) -> PlantedScene:
    """Paint a scene of 512 x 512 pixels of 10 m."""
    mines, soil, transform = scene(seed)
    image = paint(np.random.default_rng(seed), 512, mines, soil, transform)
    path = write_image(folder / f"scene{seed}.tif", image, transform)
    to_lonlat = Transformer.from_crs(CRS, 4326, always_xy=True)
    lonlat = [
        shapely.transform(mine, lambda x, y: to_lonlat.transform(x, y), interleaved=False)
        for mine in mines
    ]
    sites = [
        Site(f"site{seed}_{i:02}", mine.centroid.x, mine.centroid.y, 600.0)
        for i, mine in enumerate(lonlat)
    ]
    return PlantedScene(path, lonlat, sites)


@pytest.fixture(scope="session")
def scenes(tmp_path_factory) -> list[PlantedScene]:
    folder = tmp_path_factory.mktemp("scenes")
    return [planted_scene(folder, seed) for seed in range(4)]


@pytest.fixture(scope="session")
def chip_folder(make_once: MakeOnce, scenes: list[PlantedScene]) -> Path:
    """Chips of all sites; the last scene is for validation."""
    return make_once("chips", lambda folder: write_chips(folder, scenes))


def write_chips(folder: Path, scenes: list[PlantedScene]) -> None:
    """Write chips, masks and their table into a new folder."""
    folder.mkdir()
    rows = []
    for number, planted in enumerate(scenes):
        for site in planted.sites:
            chip = read_chip(site, [ImageSource(planted.image)], BANDS, CHIP_PX)
            paths = write_chip(
                folder, f"{site.site_id}_2019", chip, mine_mask(chip.grid, planted.mines)
            )
            rows.append(
                {
                    "site_id": site.site_id,
                    "year": 2019,
                    "split": "validation" if number == 3 else "train",
                    "image": str(paths[0].relative_to(folder)),
                    "mask": str(paths[1].relative_to(folder)),
                }
            )
    rows = [{**row, "bands": list(BANDS)} for row in rows]
    pq.write_table(pa.Table.from_pylist(rows), folder / "chip.parquet")


@pytest.fixture(scope="session")
def trained(make_once: MakeOnce, chip_folder: Path) -> Path:
    """Folder of a training run of the tiny model on the planted scenes."""
    torch = pytest.importorskip("torch")
    torch.set_num_threads(1)
    return make_once("trained", lambda folder: train_tiny(chip_folder, folder))


def train_tiny(chip_folder: Path, folder: Path) -> None:
    """Train the tiny model for 25 epochs."""
    from quarrydb.inference.train import NewModel, TrainSettings, train
    from quarrydb.inference.training_data import read_chip_table

    folder.mkdir()
    settings = TrainSettings(
        size="tiny",
        epochs=25,
        batch_size=6,
        learning_rate=1e-3,
        warmup_steps=10,
        crop_px=CHIP_PX,
        scales=(0.8, 1.25),
    )
    model = NewModel("planted", BANDS, "CC0-1.0", chip_px=CHIP_PX, scale=10_000)
    train(read_chip_table(chip_folder), folder, model, settings)


@pytest.fixture(scope="session")
def planted(make_once: MakeOnce, trained: Path) -> PlantedProject:
    """A planted project, built and segmented by that model, which no test may change."""

    def make(folder: Path) -> None:
        plant_project(folder, trained / "model")
        assert run(folder).failures == ()

    return planted_in(make_once("planted-project", make))


@pytest.fixture(scope="session")
def untrained(tmp_path_factory) -> Path:
    """Folder of a tiny model with random weights."""
    torch = pytest.importorskip("torch")
    from quarrydb.inference.model import build_network, save_network
    from quarrydb.inference.record import ModelRecord

    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("untrained")
    record = ModelRecord(
        name="untrained",
        bands=BANDS,
        scale=10_000,
        mean=(0.05, 0.07, 0.05, 0.3),
        std=(0.05, 0.05, 0.05, 0.1),
        decoder_channels=64,
        chip_px=CHIP_PX,
        licence="CC0-1.0",
    )
    save_network(build_network("tiny", n_bands=4), folder, record)
    return folder
