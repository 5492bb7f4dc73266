"""The yearly tables of the segmentation: SQL that depends on which years a project has.

Every other object is a file of the package. These are written here from the project's years, one
table ``segmentation.mine_YYYY`` a year and the view ``raw.footprint`` over them, and go into the
same plan.
"""

from collections.abc import Mapping, Sequence

from quarrydb.catalog.objects import SqlObject, package_folder, read_catalog
from quarrydb.database.connection import quote_literal
from quarrydb.loaders.footprint import yearly_table
from quarrydb.loaders.footprint_years import files_by_year
from quarrydb.project import Project

COLUMN_TYPES = {
    "footprint_id": "VARCHAR NOT NULL",
    "year": "INTEGER NOT NULL",
    "site_id": "VARCHAR",
    "dataset": "VARCHAR NOT NULL",
    "model_id": "VARCHAR NOT NULL",
    "threshold": "DOUBLE",
    "mean_probability": "DOUBLE",
    "reported_km2": "DOUBLE",
    "geometry": "GEOMETRY NOT NULL",
}
UNION_VIEW = "raw.footprint"


def years_of(project: Project) -> list[int]:
    """Every year that the project segments or brings footprints for, in order."""
    section = project.segmentation
    if section is None:
        return []
    years = {year for source in section.footprint for year in files_by_year(source)}
    return sorted(years | set(section.image_years))


def yearly_objects(project: Project) -> dict[str, SqlObject]:
    """The yearly tables and the view over them by name; none for a project without years."""
    years = years_of(project)
    if not years:
        return {}
    view = read_catalog()[UNION_VIEW]
    tables = {yearly_table(year): table_object(year, view.comments) for year in years}
    return {**tables, UNION_VIEW: view_object(view, years)}


def table_object(year: int, comments: Mapping[str, str]) -> SqlObject:
    """The table of one year, its columns commented as in the view over all."""
    name = yearly_table(year)
    columns = ",\n".join(f"    {column} {kind}" for column, kind in COLUMN_TYPES.items())
    notes = "\n".join(
        f"COMMENT ON COLUMN {name}.{column} IS {quote_literal(comments[column])};"
        for column in COLUMN_TYPES
    )
    text = (
        f"-- {name}: mines as they were segmented in {year}.\n--\n"
        "-- Grain:   one row per footprint_id.\n-- Reads:   nothing; loaders fill it.\n"
        f"CREATE TABLE {name} (\n{columns}\n);\n\n"
        f"COMMENT ON TABLE {name} IS 'Mines as they were segmented in {year}, before overlaps are united.';\n"
        f"{notes}\n"
    )
    return SqlObject(name, "table", "segmentation", package_folder() / "segmentation", text)


def view_object(empty: SqlObject, years: Sequence[int]) -> SqlObject:
    """``raw.footprint`` over the tables of ``years``, with the comments of the packaged empty
    view.
    """
    columns = ", ".join(COLUMN_TYPES)
    union = "\nUNION ALL\n".join(f"SELECT {columns} FROM {yearly_table(year)}" for year in years)  # noqa: S608
    notes = empty.text[empty.text.index("COMMENT ON") :]
    text = f"CREATE OR REPLACE VIEW {UNION_VIEW} AS\n{union};\n\n{notes}"
    reads = ", ".join(yearly_table(year) for year in years)
    header = "\n".join(
        f"-- Reads:   {reads}." if line.startswith("-- Reads:") else line
        for line in empty.header_lines
    )
    return SqlObject(UNION_VIEW, "view", "raw", empty.path, f"{header}\n{text}")
