"""Lists of images, as of a search everywhere: what of a list can't be used is said by row or file."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from rasterio.transform import Affine, from_origin

from quarrydb.contract import LoadContext
from quarrydb.loaders.image import UNUSABLE, read_catalogue, run_images
from quarrydb.project.segmentation import ImageCatalogue
from tests.reliability.table import case
from tests.reliability.tools import Tables, context_of, issues, refusal
from tests.segmentation.planted import ORIGIN, write_image

Happened = Callable[[str], None]
HEAD = "image_id,path,date\ngood,good.tif,2016-08-01\n"
PLACE = from_origin(*ORIGIN, 10, 10)
NOWHERE, WITHOUT_SIZE = Affine(10, 0, float("nan"), 0, -10, 0), Affine(0, 0, 5e5, 0, 0, 9e6)


def listed(folder: Path, text: str | bytes) -> Path:
    """A list of images beside one that can be used."""
    write_image(folder / "good.tif", np.ones((4, 16, 16), np.uint16), PLACE)
    path = folder / "images.csv"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def load(folder: Path, path: Path) -> Tables:
    """What the loader makes of a list."""
    entries = read_catalogue(path)
    files = [file for entry in entries for file in entry.local_files if file.is_file()]
    values = {"path": str(path)}
    section = ImageCatalogue.model_validate(values, context={"root": folder, "remotes": {}})
    context: LoadContext = context_of(folder, [path, *files])
    return run_images(context, section=section, entries=entries)


@pytest.mark.parametrize(
    "text",
    [
        case("Models and images", "list of images in UTF-16", HEAD.encode("utf-16")),
        case("Models and images", "list of images, a row of which has a field too many",
             f"{HEAD}b,good.tif,2016-08-02,97\n"),
        case("Models and images", "list of images, a row of which is cut", f"{HEAD}b,good.tif\n"),
        case("Models and images", "list of images with a password in an address",
             f"{HEAD}b,https://me:secret@example.org/b.tif,2016-08-01\n"),
        case("Models and images", "list without an image", "image_id,path,date\n"),
        case("Models and images", "list of one image twice", f"{HEAD}good,good.tif,2016-08-01\n"),
    ],
)  # fmt: skip
def test_a_list_is_refused(text: str | bytes, tmp_path: Path, happened: Happened) -> None:
    said = refusal(lambda: load(tmp_path, listed(tmp_path, text)))
    assert "secret" not in said
    happened(said)


def broken(folder: Path, dtype: str, transform: Affine) -> None:
    """An image that can't be placed or read, called bad.tif."""
    write_image(folder / "bad.tif", np.ones((4, 16, 16), dtype), transform)


@pytest.mark.parametrize(
    ("make", "path"),
    [
        case("Models and images", "image of a list that is not there", None, "bad.tif"),
        case("Models and images", "image of a list that is a folder", Path.mkdir, "bad.tif"),
        case("Models and images", "image of a list on a server, without an outline", None,
             "https://example.org/bad.tif"),
        case("Models and images", "image of complex numbers",
             lambda bad: broken(bad.parent, "complex64", PLACE), "bad.tif"),
        case("Models and images", "image whose place is NaN",
             lambda bad: broken(bad.parent, "uint16", NOWHERE), "bad.tif"),
        case("Models and images", "image whose pixels have no size",
             lambda bad: broken(bad.parent, "uint16", WITHOUT_SIZE), "bad.tif"),
    ],
)  # fmt: skip
def test_the_others_of_a_list_are_kept(
    make: Callable[[Path], None] | None, path: str, tmp_path: Path, happened: Happened
) -> None:
    """What quarry segment says of these, and ends with exit code 3 for, it takes from here."""
    if make is not None:
        make(tmp_path / "bad.tif")
    tables = load(tmp_path, listed(tmp_path, f"{HEAD}bad,{path},2016-08-01\n"))
    assert tables["raw.image"]["image_id"].to_pylist() == ["good"]
    (issue,) = tables["raw.load_issue"].to_pylist()
    assert issue["problem"] in UNUSABLE
    happened(f"The others are used; exit code 3: {issues(tables)}: {issue['detail']}")
