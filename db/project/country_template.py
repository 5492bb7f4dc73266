"""The project file of one country, with all data that can be fetched, and what can not."""

import textwrap

from quarrydb.errors import ProjectError
from quarrydb.fetch.catalogue import Dataset, shipped
from quarrydb.project.network import CODE
from quarrydb.project.template import quoted

HEAD = """\
# {place}: all data of the catalogue that are open. Nothing is fetched without your word:
#   quarry plan           says what there is to fetch, how much, from where, under which licence
#   quarry build --fetch  fetches it and builds; quarry.lock then says what was taken: keep it with this file

[project]
name = {name}
area = {area}
"""
SECTIONS = (
    ("[[polygons]]", "tang2023", ""),
    ("[[polygons]]", "maus2022", ""),
    ("[countries]", "natural_earth_10m", ""),
    (
        "[landcover]",
        "glc_fcs30d",
        'gaps = "record"                # mines off the coast of the maps have no data; "error" stops\n',
    ),
    ("[[indicator]]", "viirs_monthly", 'name = "ntl"\nyears = "2018-2023"\n'),
)
ABSENT = (
    ("[protected]", "key_biodiversity_areas", 'path = "KBAsGlobal_2026_March_01_POL.shp"'),
    ("[protected]", "wdpa", 'path = "WDPA_polygons.shp"'),
)
NO_NDVI = """
# Greenness (NDVI) has no open file that could be read in windows: export yearly medians, for example from
# Earth Engine or from Sentinel-2 scenes, and name them.
# [[indicator]]
# name = "ndvi"
# path = "ndvi/*.tif"
# dates = "ndvi_{year}*.tif"
"""


def country_template(name: str, codes: str) -> str:
    """The text of a project file for countries by their codes, ``GHA`` or ``GHA,CIV``.

    ProjectError for what is no code. Whether a country has it, the countries' file says when it is here.
    """
    wanted = [code.strip().upper() for code in codes.split(",")]
    for code in wanted:
        if not CODE.fullmatch(code):
            raise ProjectError(f"{code!r} is no country code. Write three letters, such as GHA.")
    area = quoted(wanted[0]) if len(wanted) == 1 else str(wanted).replace("'", '"')
    head = HEAD.format(place=" and ".join(wanted), name=quoted(name), area=area)
    open_data = [section(title, shipped()[key], more) for title, key, more in SECTIONS]
    absent = [not_fetched(title, shipped()[key], more) for title, key, more in ABSENT]
    return head + "".join(open_data) + "".join(absent) + NO_NDVI


def section(title: str, dataset: Dataset, more: str) -> str:
    """A section that names a data set."""
    about = comment(f"{dataset.title}: {dataset.size}. {dataset.licence}: {dataset.asks}.")
    return f"\n{about}# {dataset.page}\n{title}\ndataset = {quoted(dataset.name)}\n{more}"


def not_fetched(title: str, dataset: Dataset, more: str) -> str:
    """A section for data that the user has to ask for, commented out."""
    about = comment(f"{dataset.title} can't be fetched. {dataset.how}")
    return f"\n{about}# {dataset.page}\n# {title}\n# {more}\n"


def comment(text: str) -> str:
    """A text as lines of comment."""
    return textwrap.fill(text, 108, initial_indent="# ", subsequent_indent="# ") + "\n"
