"""Stata files: labels, missing values and long names, read back by pandas."""

from pathlib import Path

import duckdb
import pandas as pd

from quarrydb.database.dictionary import public_views
from quarrydb.export.stata import stata_label, stata_names, write_stata
from quarrydb.export.views import to_frame


def test_a_view_is_labelled_and_nulls_are_missing(tmp_path: Path) -> None:
    with duckdb.connect() as connection:
        connection.execute(
            "CREATE VIEW panel AS SELECT unnest(['a', 'b', NULL]) AS region_id, unnest([1, NULL, 3]) AS n, "
            "unnest([1.5, NULL, -2.0]) AS area_km2, unnest([true, NULL, false]) AS is_known, "
            "unnest([DATE '2020-01-31', NULL, NULL]) AS day, repeat('x', 3000) AS text_"
        )
        connection.execute("COMMENT ON VIEW panel IS 'A panel.'")
        connection.execute("COMMENT ON COLUMN panel.area_km2 IS 'Area, km2.'")
        (view,) = [v for v in public_views(connection) if v.name == "panel"]
        assert write_stata(to_frame(connection, view), view, tmp_path / "panel.dta") == 3
    with pd.read_stata(tmp_path / "panel.dta", iterator=True) as reader:
        labels, title = reader.variable_labels(), reader.data_label
        frame = reader.read()
    assert (title, labels["area_km2"], labels["n"]) == ("A panel.", "Area, km2.", "n")
    assert frame.region_id.tolist() == ["a", "b", ""]
    assert frame.n.fillna(-1).tolist() == [1, -1, 3]
    assert frame.area_km2.fillna(9).tolist() == [1.5, 9, -2]
    assert frame.is_known.fillna(9).tolist() == [1, 9, 0]
    assert frame.day[0] == pd.Timestamp("2020-01-31")
    assert set(frame.text_.str.len()) == {3000}


def test_names_longer_than_32_letters_stay_apart() -> None:
    names = stata_names(["a" * 40, "a" * 41, "b"])
    assert len(set(names.values())) == 3
    assert all(len(name) <= 32 for name in names.values())


def test_long_labels_end_at_a_clause_or_a_word() -> None:
    known = "Area of mine-related classes in mines, km2, on the WGS84 ellipsoid"
    assert stata_label(f"{known}; NULL where unknown.") == known
    assert stata_label("x" * 80) == "x" * 80
    assert stata_label("x" * 80 + "; more") == "x" * 80
    assert stata_label("Share of ground " * 10) == f"{'Share of ground ' * 4}Share of ground…"
    assert stata_label("y" * 200) == f"{'y' * 79}…"
