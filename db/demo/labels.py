"""Biomes, and transition years as interpreters saw them, with planted errors."""

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from quarrydb.demo.files import write_layer, write_truth
from quarrydb.demo.random_streams import stream
from quarrydb.demo.world import World
from quarrydb.errors import ProjectError

BIOME_FILE = "ecoregions/Ecoregions2017.shp"
LABEL_FILE = "validation/interpretation.csv"
# How far off the map is, years, and how often; the rest (3 %) saw no transition at all.
LAGS = np.array([0, -1, 1, -2, 2, -3, 3, 4, -5, 5, -7, 7, 9])
LAG_SHARES = np.array(
    [0.58, 0.08, 0.08, 0.04, 0.04, 0.03, 0.03, 0.02, 0.02, 0.01, 0.02, 0.01, 0.01]
)
UNSEEN_SHARE = 0.03


def render_labels(world: World, folder: Path) -> None:
    """Write biomes, interpreted samples and their truth.

    Raises:
        ProjectError: the land cover, of which samples are drawn, is not in the folder.
    """
    changed = folder / "truth" / "changed_pixel.parquet"
    if not changed.exists():
        raise ProjectError("labels are drawn from the land cover. Render landcover too.")
    write_layer(ecoregions(world), folder / BIOME_FILE)
    truth = draw_labels(world, pd.read_parquet(changed))
    write_truth(truth, folder, "label")
    path = folder / LABEL_FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    columns = ["sample_id", "longitude", "latitude", "change", "predicted_year", "reference_year"]
    labels = truth[[*columns, "interpreter"]]
    labels.to_csv(path, index=False, lineterminator="\n", na_rep="none")


def ecoregions(world: World) -> gpd.GeoDataFrame:
    """Ecoregions 2017: ECO_NAME, BIOME_NUM, BIOME_NAME, REALM."""
    return world.biomes.rename(columns=lambda name: name if name == "geometry" else name.upper())


def draw_labels(world: World, changed: pd.DataFrame) -> pd.DataFrame:
    """Samples by year of the map's change, and the year that an interpreter gave (may be null)."""
    rng = stream(world.seed, "labels")
    n = world.scale.n_sampled_per_year
    shuffled = changed.iloc[rng.permutation(len(changed))]
    drawn = shuffled.groupby("year").head(n).sort_values(["year", "mine"], kind="stable")
    frame = drawn.reset_index(drop=True).rename(columns={"year": "predicted_year"})
    frame.insert(0, "sample_id", np.arange(1, len(frame) + 1))
    shares = np.append(LAG_SHARES * (1 - UNSEEN_SHARE) / LAG_SHARES.sum(), UNSEEN_SHARE)
    picked = rng.choice(len(shares), len(frame), p=shares)
    lag = pd.array(np.append(LAGS, 0)[picked], dtype="Int32")
    lag[picked == len(LAGS)] = pd.NA
    frame["lag_years"] = lag
    frame["reference_year"] = frame.predicted_year.astype("Int32") - frame.lag_years
    frame["interpreter"] = rng.choice(["a", "b", "c"], len(frame))
    frame["biome"] = _biomes_at(world, frame)
    return frame


def _biomes_at(world: World, frame: pd.DataFrame) -> list[str | None]:
    """Name of the biome of each point."""
    points = shapely.points(frame.longitude, frame.latitude)
    point, biome = shapely.STRtree(world.biomes.geometry.to_numpy()).query(points, "intersects")
    names = dict(zip(point, world.biomes.biome_name.to_numpy()[biome], strict=True))
    return [names.get(i) for i in range(len(frame))]
