"""The SQL of land cover on a handful of trajectories: every number can be worked out on paper."""

from collections.abc import Iterator

import duckdb
import pytest

from quarrydb.catalog.objects import PARAMETER, SqlObject, chain, read_catalog
from quarrydb.loaders.landcover_legend import read_legend
from tests.sql_world import database, rows

YEARS = (1990, 1995, 2000, 2001, 2002)
# forest 52, grassland 130, cropland 10 are vegetated; bare 200, water 210 mine-related; ice 220 neither.
# The grid cuts mine a: all that was opened for good lies in the east.
PIECES = [
    ("a1", (52, 200, 200, 130, 130), 10.0),
    ("a1", (52, 52, 52, 52, 52), 5.0),
    ("a2", (130, 130, 200, 130, 200), 4.0),
    ("a2", (52, 52, 52, 52, 52), 1.0),
]
TRAJECTORIES = [
    ("a", (52, 200, 200, 130, 130), 10.0),  # opened by 1995, grass in 2001
    ("a", (130, 130, 200, 130, 200), 4.0),  # opened by 2000, back in 2001, opened again in 2002
    ("a", (52, 52, 52, 52, 52), 6.0),
    ("b", (200, 200, 10, 10, 10), 2.0),  # bare from the start, cropland by 2000
    ("b", (10, 10, 10, 10, 210), 3.0),  # opened in 2002
    ("b", (220, 220, 220, 200, 200), 1.0),  # ice becomes bare: neither development nor reclamation
    ("b", (None, 10, 10, None, 200), 5.0),  # changes to and from no data are no changes
    ("c", (52, 52, 52, 52, 52), 8.0),
]
PLACES = {
    "core.mine": (
        "SELECT * FROM (VALUES ('a', 20.0), ('b', 12.0), ('c', 8.0)) AS t (mine_id, area_km2)"
    ),
    "core.mine_country": (
        "SELECT * FROM (VALUES ('a', 'AAA', 'Aland', 'Asia'), ('b', 'BBB', 'Bland', 'Asia')) "
        "AS t (mine_id, iso3, country, continent)"
    ),
    "core.country": "SELECT DISTINCT iso3, country, continent FROM core.mine_country",
    "core.mine_piece": (
        "SELECT * FROM (VALUES ('a1', 'a', 15.0), ('a2', 'a', 5.0), ('b', 'b', 12.0), ('c', 'c', 8.0)) "
        "AS t (piece_id, mine_id, area_km2)"
    ),
    "core.mine_piece_place": (
        "SELECT piece_id, mine_id, layer, region_id, 1.0 AS share, area_km2 FROM core.mine_piece "
        "JOIN (VALUES ('a1', 'grid', '0,0'), ('a2', 'grid', '1,0'), ('c', 'grid', '1,0'), "
        "('a1', 'country', 'AAA'), ('a2', 'country', 'AAA'), ('b', 'country', 'BBB'), "
        "('a1', 'continent', 'Asia'), ('a2', 'continent', 'Asia'), ('b', 'continent', 'Asia')) "
        "AS place (piece_id, layer, region_id) USING (piece_id)"
    ),
    "core.grid_cell": (
        "SELECT * FROM (VALUES ('0,0', 0, 0, 'west'), ('1,0', 1, 0, 'east')) "
        "AS t (region_id, cell_x, cell_y, geometry)"
    ),
}


def landcover() -> list[SqlObject]:
    """The objects of land cover, and what they are made from."""
    topic = [item.name for item in read_catalog().values() if item.topic == "landcover"]
    catalog = read_catalog()
    return chain([*topic, "main.transition_between"], {*PLACES, PARAMETER}, catalog)


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    """A database with the trajectories above."""
    with database([item.name for item in landcover()], PLACES, stored=False) as con:
        legend = read_legend("glc_fcs30d").table()
        con.execute("INSERT INTO raw.landcover_class FROM legend")
        con.executemany("INSERT INTO raw.landcover_epoch VALUES (?, ?)", list(enumerate(YEARS, 1)))
        con.executemany(
            "INSERT INTO raw.landcover_trajectory VALUES (?, ?, 1, ?)",
            [(mine, list(classes), area) for mine, classes, area in TRAJECTORIES],
        )
        con.executemany(
            "INSERT INTO raw.piece_trajectory VALUES (?, ?, ?)",
            [(piece, list(classes), area) for piece, classes, area in PIECES],
        )
        con.execute(
            "INSERT INTO raw.landcover_coverage SELECT mine_id, count(*), sum(area_km2), "
            "sum(area_km2), 0, NULL FROM raw.landcover_trajectory GROUP BY mine_id"
        )
        assert legend.num_rows == 37
        yield con


def test_between_maps_that_a_mine_lacks_nothing_is_known(connection):
    """Of mine d one half has no data in 2000, of mine e all: e is unknown from 1996 to 2000."""
    with connection.cursor() as con:
        con.execute("BEGIN")
        con.execute("INSERT INTO core.mine VALUES ('d', 10.0), ('e', 5.0)")
        con.execute("INSERT INTO core.mine_piece VALUES ('d', 'd', 10.0)")
        con.execute("INSERT INTO core.mine_piece_place VALUES ('d', 'd', 'grid', '2,0', 1.0, 10.0)")
        con.execute("INSERT INTO core.grid_cell VALUES ('2,0', 2, 0, 'north')")
        con.executemany(
            "INSERT INTO raw.landcover_trajectory VALUES (?, ?, 1, ?)",
            [
                ("d", [200, 200, None, 52, 52], 5.0),
                ("d", [52, 52, 52, 52, 52], 5.0),
                ("e", [200, 200, None, 200, 200], 5.0),
            ],
        )
        found = rows(
            con,
            "SELECT year, bare_surface_share FROM mine_bare_surface WHERE mine_id = 'e' ORDER BY year",
        )
        assert found == [(year, 1.0) for year in (*range(1990, 1996), 2001, 2002)]
        ((related, known, share),) = rows(
            con,
            "SELECT mine_related_km2, known_km2, bare_surface_share FROM grid_bare_surface "
            "WHERE cell_x = 2 AND year = 2000",
        )
        assert (related, known, share) == (0.0, 5.0, 0.0)
        con.execute("ROLLBACK")


def test_change(connection):
    """Only changes between consecutive epochs, unknown ones left out."""
    assert rows(connection, "FROM landcover_change ORDER BY ALL") == [
        ("a", 1990, 1995, 52, 200, 10.0),
        ("a", 1995, 2000, 130, 200, 4.0),
        ("a", 2000, 2001, 200, 130, 14.0),
        ("a", 2001, 2002, 130, 200, 4.0),
        ("b", 1995, 2000, 200, 10, 2.0),
        ("b", 2000, 2001, 220, 200, 1.0),
        ("b", 2001, 2002, 10, 210, 3.0),
    ]


def test_transition_between_any_two_epochs(connection):
    """First against last: what lies between does not count, unchanged area does."""
    assert rows(connection, "FROM transition_between(1990, 2002) ORDER BY ALL") == [
        ("a", 52, 52, 6.0),
        ("a", 52, 130, 10.0),
        ("a", 130, 200, 4.0),
        ("b", 10, 210, 3.0),
        ("b", 200, 10, 2.0),
        ("b", 220, 200, 1.0),
        ("c", 52, 52, 8.0),
    ]
    backwards = rows(
        connection, "FROM transition_between(2002, 1990) WHERE mine_id = 'b' ORDER BY ALL"
    )
    assert backwards == [("b", 10, 200, 2.0), ("b", 200, 220, 1.0), ("b", 210, 10, 3.0)]


def test_transition_between_needs_a_map(connection):
    """A year without a map is an error, not an empty answer."""
    with pytest.raises(duckdb.Error, match="no land-cover map of 1991"):
        rows(connection, "FROM transition_between(1991, 2002)")


def test_yearly_classes(connection):
    """Between 1990 and 1995 forest of mine a shrinks by 2 km2 a year."""
    found = rows(
        connection,
        "SELECT year, code, area_km2, is_interpolated FROM mine_landcover_yearly "
        "WHERE mine_id = 'a' AND year BETWEEN 1990 AND 1995 AND code IN (52, 200) ORDER BY ALL",
    )
    assert found == [
        (1990, 52, 16.0, False),
        *[(1990 + n, code, pytest.approx(area), True)
          for n in range(1, 5) for code, area in ((52, 16 - 2 * n), (200, 2 * n))],
        (1995, 52, 6.0, False),
        (1995, 200, 10.0, False),
    ]  # fmt: skip


def test_disturbance_of_mines(connection):
    """Five-year steps give a fifth to each of their years."""
    fifths = [("a", year, "forest", 2.0, 0.0) for year in range(1991, 1996)]
    fifths += [("a", year, "grassland", 0.8, 0.0) for year in range(1996, 2001)]
    fifths += [("b", year, "cropland", 0.0, 0.4) for year in range(1996, 2001)]
    columns = "mine_id, year, cover_type, developed_km2, reclaimed_km2"
    assert rows(connection, f"SELECT {columns} FROM mine_disturbance_yearly ORDER BY ALL") == sorted([
        *fifths,
        ("a", 2001, "grassland", 0.0, 14.0),
        ("a", 2002, "grassland", 4.0, 0.0),
        ("b", 2002, "cropland", 3.0, 0.0),
    ])  # fmt: skip


def test_disturbance_of_all(connection):
    """Every year has a row, and gap = disturbed - reclaimed."""
    columns = "year, developed_km2, reclaimed_km2, gap_km2"
    assert rows(connection, f"SELECT {columns} FROM disturbance_yearly") == [
        *[(year, 2.0, 0.0, 2.0) for year in range(1991, 1996)],
        *[(year, 0.8, 0.4, 0.4) for year in range(1996, 2001)],
        (2001, 0.0, 14.0, -14.0),
        (2002, 7.0, 0.0, 7.0),
    ]


def test_disturbance_by_place(connection):
    """Countries and continents by cover type."""
    query = "SELECT {} FROM {} WHERE year = 2002 ORDER BY ALL"
    assert rows(
        connection, query.format("iso3, cover_type, developed_km2", "country_disturbance_yearly")
    ) == [("AAA", "grassland", 4.0), ("BBB", "cropland", 3.0)]
    assert rows(
        connection, query.format("continent, cover_type, gap_km2", "continent_disturbance_yearly")
    ) == [("Asia", "cropland", 3.0), ("Asia", "grassland", 4.0)]


def test_total(connection):
    """21 km2 disturbed in all, 16 reclaimed."""
    columns = "* EXCLUDE (is_in_totals, developed_dry_km2, reclaimed_dry_km2)"
    assert rows(connection, f"SELECT {columns} FROM disturbance_total") == [
        ("cropland", 3.0, 3 / 21, 2.0, 2 / 16, pytest.approx(1 / 3)),
        ("forest", 10.0, 10 / 21, 0.0, 0.0, 1.0),
        ("grassland", 8.0, 8 / 21, 14.0, 14 / 16, -0.75),
    ]


def test_gap(connection):
    """One value a pair of maps: forest 2, 0, 0, 0; grassland 0, 0.8, -14, 4 (Figure 6c)."""
    found = rows(connection, "FROM disturbance_gap WHERE cover_type = 'forest'")
    assert found == [("forest", True, 4, 0.0, 0.0, 0.0, 0.5, 2.0)]
    (grass,) = rows(connection, "FROM disturbance_gap WHERE cover_type = 'grassland'")
    assert grass == ("grassland", True, 4, -14.0, -3.5, pytest.approx(0.4), 1.6, 4.0)


def test_wetlands_stand_apart_from_totals_and_water_from_dry_ground(connection):
    """7 km2 of marsh become bare in 2002; of the other 7 km2 developed then, 3 became water."""
    with connection.cursor() as con:
        con.execute("BEGIN")
        con.execute(
            "INSERT INTO raw.landcover_trajectory VALUES ('c', [182, 182, 182, 182, 200], 1, 7)"
        )
        columns = "developed_km2, developed_apart_km2, developed_dry_km2, reclaimed_dry_km2"
        year = rows(con, f"SELECT {columns} FROM disturbance_yearly WHERE year = 2002")
        assert year == [(7.0, 7.0, 4.0, 0.0)]
        columns = "cover_type, is_in_totals, developed_km2, developed_share"
        total = rows(con, f"SELECT {columns} FROM disturbance_total")
        assert [row[:2] for row in total][-1] == ("wetland", False)
        assert total[-1] == ("wetland", False, 7.0, None)
        assert sum(row[3] for row in total[:-1]) == pytest.approx(1)
        con.execute("UPDATE parameter SET cover_types_apart = ''")
        assert rows(con, "SELECT developed_km2 FROM disturbance_yearly WHERE year = 2002") == [
            (14.0,)
        ]
        con.execute("ROLLBACK")


def test_bare_surface(connection):
    """BSP of mine a goes 0, 0.5, 0.7, 0, 0.2; mine b lacks 5 of 11 km2 in 1990."""
    shares = dict(
        rows(
            connection, "SELECT year, bare_surface_share FROM mine_bare_surface WHERE mine_id = 'a'"
        )
    )
    assert shares[1990] == 0
    assert shares[1992] == pytest.approx(0.2)
    assert [shares[year] for year in (1995, 2000, 2001, 2002)] == pytest.approx([0.5, 0.7, 0, 0.2])
    (row,) = rows(connection, "FROM mine_bare_surface WHERE mine_id = 'b' AND year = 1990")
    assert row == ("b", 1990, 2.0, 2 / 6, pytest.approx(4 / 6), 6.0, 0.5, False)


def test_reclamation_rate(connection):
    """In 2002 bare: 4 of 20 km2 in a, 9 of 11 in b, none of 8 in c."""
    found = rows(
        connection,
        "SELECT scope, name, reclamation_share FROM reclamation_rate WHERE year = 2002 ORDER BY ALL",
    )
    assert found == [
        ("continent", "Asia", pytest.approx(1 - 13 / 31)),
        ("country", "Aland", pytest.approx(0.8)),
        ("country", "Bland", pytest.approx(2 / 11)),
        ("world", "World", pytest.approx(1 - 13 / 39)),
    ]


def test_grid_bare_surface(connection):
    """The eastern cell holds 5 km2 of mine a, 4 of them bare, and all of mine c; the west is green."""
    found = rows(
        connection,
        "SELECT cell_x, n_mines, mine_area_km2, bare_surface_share, geometry "
        "FROM grid_bare_surface WHERE year = 2002 ORDER BY cell_x",
    )
    assert found == [
        (0, 1, 15.0, 0.0, "west"),
        (1, 2, 13.0, pytest.approx(4 / 13), "east"),
    ]


def test_timeline(connection):
    """Ten of fourteen km2 waited six years for grass, four waited one; those four were opened again."""
    assert rows(connection, "FROM mine_timeline ORDER BY mine_id") == [
        ("a", 1995, 2002, 2002, 2001, 6, 4.0, 14.0),
        ("b", 2002, 2002, 2002, 2000, None, 0.0, 3.0),
        ("c", None, None, None, None, None, 0.0, 0.0),
    ]


def test_peak_is_a_rate(connection):
    """10 km2 in five years (2 a year) are less than 4 km2 in one."""
    found = rows(connection, "SELECT peak_year FROM mine_timeline WHERE mine_id = 'a'")
    assert found == [(2002,)]


def test_coverage(connection):
    """Mine b has data for 11 of 12 km2."""
    found = rows(
        connection, "SELECT mine_id, coverage_share FROM mine_landcover_coverage ORDER BY ALL"
    )
    assert found == [("a", 1.0), ("b", pytest.approx(11 / 12)), ("c", 1.0)]


def test_checks_hold_and_can_fail(connection):
    """Each check is silent on these rows, and speaks when they are spoilt."""
    catalog = read_catalog()
    spoil = {
        "fail_landcover_area": "UPDATE raw.landcover_coverage SET data_km2 = 1 WHERE mine_id = 'a'",
        "fail_landcover_counted_twice": "UPDATE raw.landcover_coverage SET tile_km2 = 21",
        "fail_landcover_classes": "UPDATE raw.landcover_trajectory SET classes = [52]",
        "fail_landcover_code": "DELETE FROM raw.landcover_class WHERE code = 52",
        "warn_landcover_partial": "UPDATE raw.landcover_coverage SET data_km2 = 1",
    }
    for name, damage in spoil.items():
        query = catalog[name].statement
        before = rows(connection, query)
        assert before == [] or name == "warn_landcover_partial"
        connection.execute("BEGIN")
        connection.execute(damage)
        assert len(rows(connection, query)) > len(before), name
        connection.execute("ROLLBACK")
    assert rows(connection, catalog["fail_landcover_flow"].statement) == []


def test_views_are_empty_without_land_cover():
    """A project without land cover has every view, and no rows."""
    with database([item.name for item in landcover()], PLACES, stored=False) as con:
        for item in landcover():
            if item.kind == "view" and item.name != "core.mine_place":
                assert con.execute(f"SELECT count(*) FROM {item.name}").fetchone() == (0,), (
                    item.name
                )
