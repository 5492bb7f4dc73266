"""The legend: the packaged one, and mistakes in one's own."""

import csv
from pathlib import Path

import pytest

from quarrydb.errors import SourceError
from quarrydb.loaders.landcover_legend import read_legend

HEAD = "code,class_name,cover_type,category\n"


def test_packaged_legend():
    """Six mine-related classes as the study names them, and two filled values."""
    legend = read_legend("glc_fcs30d")
    related = {row.code for row in legend.classes if row.category == "mine-related"}
    assert related == {183, 190, 200, 201, 202, 210}
    assert legend.filled == {0, 250}
    assert legend.fill == 250
    assert legend.table().num_rows == 37


def test_packaged_legend_is_the_reference():
    """The package's CSV holds what the reference holds."""
    reference = Path(__file__).parents[2] / "../shared/reference/glc_fcs30d_legend.csv"
    if not reference.exists():
        pytest.skip("../shared/reference is not here")
    with reference.open(newline="") as file:
        rows = sorted((int(r["code"]), *list(r.values())[1:]) for r in csv.DictReader(file))
    legend = read_legend("glc_fcs30d")
    assert rows == [(r.code, r.class_name, r.cover_type, r.category) for r in legend.classes]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("code,name\n1,a\n", "has columns code, name"),
        (HEAD + "300,a,b,cropland\n", "line 2: code '300'"),
        (HEAD + "-1,a,b,cropland\n", "line 2: code '-1'"),
        (HEAD + "1,a,b,cropland\n1,c,d,cropland\n", "lists code 1 twice"),
        (HEAD + "1,a,b,crops\n", "line 2: category 'crops' is unknown"),
        (HEAD + "1,,b,cropland\n", "line 2: class_name or cover_type is empty"),
        (HEAD, "has no row"),
    ],
)
def test_mistakes(tmp_path, text, said):
    """Each says where and what."""
    path = tmp_path / "legend.csv"
    path.write_text(text)
    with pytest.raises(SourceError, match=said):
        read_legend(path)


def test_missing_legend(tmp_path):
    """The error names what can be given instead."""
    with pytest.raises(SourceError, match="or one of glc_fcs30d"):
        read_legend(tmp_path / "none.csv")
