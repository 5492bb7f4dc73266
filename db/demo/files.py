"""Writing files so that the same rows give the same bytes."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyogrio
import shapely

STAMP = "2025-01-01T00:00:00.000Z"
SHAPEFILE = {"DBF_DATE_LAST_UPDATE": STAMP[:10], "ENCODING": "UTF-8"}


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
    _make_room(path)
    if path.suffix == ".shp":
        options = {**SHAPEFILE, **options}
    with fixed_date():
        pyogrio.write_dataframe(frame, path, **options)


def write_measured(
    frame: pd.DataFrame, geometries: npt.NDArray[np.object_], path: Path, prj: str
) -> None:
    """Write a shapefile of type PolygonZM anew, its ``.prj`` to the letter."""
    _make_room(path)
    table = pa.Table.from_pandas(frame, preserve_index=False)
    wkb = pa.array(shapely.to_wkb(geometries, flavor="iso"), pa.binary())
    pyogrio.write_arrow(
        table.append_column("geometry", wkb),
        path,
        geometry_name="geometry",
        geometry_type="Unknown",  # pyogrio has no word for measures: the first shape says it
        crs=prj,
        **SHAPEFILE,
    )
    path.with_suffix(".prj").write_text(prj, encoding="utf-8")


def _make_room(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)


def write_truth(frame: pd.DataFrame, folder: Path, name: str) -> None:
    """Write one truth table as Parquet (GeoParquet where it has geometry)."""
    path = folder / "truth" / f"{name}.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    frame.to_parquet(path, index=False, compression="zstd")
