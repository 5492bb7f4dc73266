"""The loader calls of a build, in one place."""

from quarrydb.contract import LoadStep
from quarrydb.inference import prediction
from quarrydb.loaders import (
    area,
    evaluation,
    exposure,
    footprint,
    footprint_landcover,
    image,
    indicator,
    label,
    landcover,
    located,
    piece_indicator,
    piece_landcover,
    point,
    previous,
    reference,
    region,
    stable_green,
    vector,
)
from quarrydb.project import Project

LOADERS = (
    vector,
    region,
    located,
    previous,
    area,
    stable_green,
    landcover,
    indicator,
    label,
    image,
    footprint,
    point,
    evaluation,
    prediction,
    footprint_landcover,
    piece_landcover,
    piece_indicator,
    exposure,
    reference,
)


def load_steps(project: Project) -> list[LoadStep]:
    """Every load step that ``project`` asks for, in the order of the pipeline; not that of their terms."""
    return [step for loader in LOADERS for step in loader.steps(project)]
