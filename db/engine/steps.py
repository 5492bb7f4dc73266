"""The loader calls of a build, in one place."""

from quarrydb.contract import LoadStep
from quarrydb.inference import prediction
from quarrydb.loaders import (
    footprint,
    footprint_landcover,
    image,
    indicator,
    label,
    landcover,
    point,
    reference,
    stable_green,
    vector,
)
from quarrydb.loaders.terms import terms_step
from quarrydb.project import Project

LOADERS = (
    vector,
    stable_green,
    landcover,
    indicator,
    label,
    image,
    footprint,
    point,
    prediction,
    footprint_landcover,
    reference,
)


def load_steps(project: Project) -> list[LoadStep]:
    """Every load step that ``project`` asks for, in the order of the pipeline."""
    steps = [step for loader in LOADERS for step in loader.steps(project)]
    return [*steps, terms_step(steps)]
