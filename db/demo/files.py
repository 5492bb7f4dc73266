"""Writing files so that the same rows give the same bytes."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pyogrio

STAMP = "2025-01-01T00:00:00.000Z"


@contextmanager
def fixed_date() -> Iterator[None]:
    """GeoPackages written inside carry a fixed date in place of the clock's."""
    before = pyogrio.get_gdal_config_option("OGR_CURRENT_DATE")
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": STAMP})
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": before})


def write_layer(frame: gpd.GeoDataFrame, path: Path, **options: Any) -> None:
    """Write a vector file anew; the driver follows from the name's ending."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    if path.suffix == ".shp":
        options = {"DBF_DATE_LAST_UPDATE": STAMP[:10], "ENCODING": "UTF-8", **options}
    with fixed_date():
        pyogrio.write_dataframe(frame, path, **options)


def write_truth(frame: pd.DataFrame, folder: Path, name: str) -> None:
    """Write one truth table as Parquet (GeoParquet where it has geometry)."""
    path = folder / "truth" / f"{name}.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    frame.to_parquet(path, index=False, compression="zstd")
