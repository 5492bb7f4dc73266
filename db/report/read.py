"""What a page shows: every query run, every chart made whole."""

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path

import duckdb
import shapely

from quarrydb.contract import SILENT, Progress
from quarrydb.errors import SourceError
from quarrydb.provenance.cite import read_build
from quarrydb.provenance.licence import Source, read_sources, sources_of_all
from quarrydb.report.basemap import make_basemap, read_countries
from quarrydb.report.chart import Canvas, Chart
from quarrydb.report.facts import read_facts
from quarrydb.report.page import Report, meanings
from quarrydb.report.panel import read_place_questions, read_questions
from quarrydb.report.region import Region
from quarrydb.report.result import Contents, Result, evaluate

LAYER_KIND = {
    "country": "countries",
    "continent": "countries",
    "study_region": "countries",
    "protected": "protected areas",
    "biome": "biomes",
}
OUTLINES = {"polygons", "stable green"}
# Sums by region hang on every layer; these are the kinds of source that a panel's numbers are of.
KINDS_OF_NEED = {
    "landcover": OUTLINES | {"landcover"},
    "status": OUTLINES | {"landcover", "indicator"},
    "protected": OUTLINES | {"protected areas"},
    "segmentation": {"footprint", "images"},
    "attributes": OUTLINES | {"attributes"},
}


class Reader:
    """A database with what is the same for each of its pages."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self.connection = connection
        self.build = read_build(connection)
        self.sources = read_sources(connection)
        self.contents = Contents(connection)

    @cached_property
    def countries(self) -> dict[str, shapely.Geometry]:
        """Outlines of the countries that lie under the maps."""
        return read_countries(self.connection)

    @cached_property
    def meanings(self) -> dict[str, str]:
        """What columns mean."""
        return meanings(self.connection)

    def report(
        self, region: Region | None = None, only: str | None = None, progress: Progress = SILENT
    ) -> Report:
        """Run every query of the report, or of one region's, or of one panel of either."""
        questions = read_place_questions(region) if region else read_questions()
        panels = [panel for question in questions for panel in question.panels]
        if only is not None:
            panels = [panel for panel in panels if panel.key == only]
        facts = read_facts(self.connection, region)
        results = evaluate(self.contents, panels, facts, progress)
        basemap = make_basemap(self.connection, self.countries, region)
        canvas = Canvas(basemap, project_folder(self.connection))
        charts = draw_all(canvas, results)
        return Report(
            build=self.build,
            sources=self.sources,
            drawn_from={key: self.used(result, region) for key, result in results.items()},
            facts=facts,
            questions=questions,
            results=results,
            charts=charts,
            canvas=canvas,
        )

    def used(self, result: Result, region: Region | None) -> list[Source]:
        """The sources that a panel's rows are made from."""
        if result.missing:
            return []
        if region:
            kinds = KINDS_OF_NEED.get(result.panel.needs, OUTLINES)
            layer = (LAYER_KIND.get(region.layer), region.layer)
            return [s for s in self.sources if s.kind in {*kinds, layer[0]} or s.name == layer[1]]
        views = [name for name in result.panel.reads if "." not in name]
        return sources_of_all(views, self.sources)


def draw_all(canvas: Canvas, results: Mapping[str, Result]) -> dict[str, Chart]:
    """The charts of the panels that have one; a panel whose files are not there says so."""
    charts = {}
    for key, result in results.items():
        try:
            chart = canvas.chart(result)
        except SourceError as error:  # images that are not where the database was built
            result.missing = str(error)
            continue
        if chart is not None:
            charts[key] = chart
    return charts


def panel_names(region: Region | None) -> list[str]:
    """The names of all panels of the report, or of a region's."""
    questions = read_place_questions(region) if region else read_questions()
    return list(dict.fromkeys(p.key for q in questions for p in q.panels))


def project_folder(connection: duckdb.DuckDBPyConnection) -> Path:
    """Where the database lies: paths of images are below it, as in the project file."""
    row = connection.execute(
        "SELECT path FROM duckdb_databases() WHERE database_name = current_database()"
    ).fetchone()
    return Path(row[0]).parent if row and row[0] else Path()
