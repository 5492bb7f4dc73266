"""Load the area to look for mines beyond the known sites into ``raw.area``."""

from functools import partial

import numpy as np
import pyarrow as pa
import shapely

from quarrydb.contract import LoadContext, Loaded, LoadStep
from quarrydb.errors import SourceError
from quarrydb.loaders.provenance import Load, issue_table, load_table, relative_path
from quarrydb.loaders.vector_clean import clean
from quarrydb.loaders.vector_file import file_parts, read_vector
from quarrydb.project import Project
from quarrydb.project.segmentation import SearchArea

SOURCE = "area"
SCHEMA = pa.schema([("source_id", pa.string()), ("part", pa.int32()), ("geometry", pa.binary())])


def steps(project: Project) -> list[LoadStep]:
    """One step where the project names an area, else none."""
    section = project.segmentation
    if section is None or section.area is None:
        return []
    return [
        LoadStep(
            name="area",
            writes=("raw.area", "raw.load_file", "raw.load_issue"),
            run=partial(run_area, area=section.area),
            files=tuple(file_parts(section.area.path)),
            config=section.area.reading("path"),
        )
    ]


def run_area(context: LoadContext, *, area: SearchArea) -> Loaded:
    """The polygons of the area in EPSG:4326; SourceError where there is none."""
    data = read_vector(area.path, layer=area.layer, crs=area.crs)
    cleaned = clean(SOURCE, data.wkb, data.ids, str(data.crs), where=str(area.path))
    if not len(cleaned.feature):
        raise SourceError(
            f"{area.path}, layer {data.layer}: no feature is a polygon, so that there is no area to look at. "
            "Name another file as path in [segmentation.area]."
        )
    columns = {
        "source_id": [cleaned.ids[i] for i in cleaned.feature.tolist()],
        "part": cleaned.part.tolist(),
        "geometry": shapely.to_wkb(shapely.orient_polygons(cleaned.geometry)),
    }
    load = Load(
        source=SOURCE,
        kind="area",
        path=relative_path(area.path, context.root),
        layer=data.layer,
        sha256=context.checksums[area.path],
        driver=data.driver,
        n_rows_read=len(data.wkb),
        n_rows_kept=len(np.unique(cleaned.feature)),
        crs=data.crs,
    )
    return {
        "raw.area": pa.table(columns, schema=SCHEMA),
        "raw.load_file": load_table([load]),
        "raw.load_issue": issue_table(cleaned.issues),
    }
