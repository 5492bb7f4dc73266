-- core.grid_lobe: the six lobes of the Interrupted Goode Homolosine projection, on the globe and on the map.
--
-- Grain:   one row per lobe.
-- Reads:   nothing.
-- Stored:  yes.
-- Caveat:  shrunk by 1e-9 degrees so that no edge is projected into the neighbouring lobe; edges run in steps of a
--          quarter degree, so that they follow the map's curves.
-- Method:  docs/methods.md#grid
CREATE OR REPLACE VIEW core.grid_lobe AS
WITH lobe (lobe, west, south, east, north) AS (
    VALUES
    (1, -180, 0, -40, 90),
    (2, -40, 0, 180, 90),
    (3, -180, -90, -100, 0),
    (4, -100, -90, -20, 0),
    (5, -20, -90, 80, 0),
    (6, 80, -90, 180, 0)
),

shrunk AS (
    SELECT
        lobe,
        west + 1e-9 AS west,
        south + 1e-9 AS south,
        east - 1e-9 AS east,
        north - 1e-9 AS north
    FROM lobe
),

outline AS (
    SELECT
        lobe,
        ST_MakePolygon(
            ST_MakeLine(
                list_concat(
                    list_transform(range(0, 361), lambda i: ST_Point(west, south + (north - south) * i / 360.0)),
                    list_transform(range(1, 881), lambda i: ST_Point(west + (east - west) * i / 880.0, north)),
                    list_transform(range(1, 361), lambda i: ST_Point(east, north - (north - south) * i / 360.0)),
                    list_transform(
                        range(1, 881),
                        lambda i: ST_Point(
                            CASE WHEN i = 880 THEN west ELSE east - (east - west) * i / 880.0 END, south
                        )
                    )
                )
            )
        ) AS geometry
    FROM shrunk
)

SELECT
    lobe,
    geometry,
    ST_Transform(
        geometry, 'EPSG:4326', '+proj=igh +lon_0=0 +datum=WGS84 +units=m +no_defs'
    ) AS geometry_igh
FROM outline
ORDER BY lobe;

COMMENT ON VIEW core.grid_lobe IS
'The six lobes of the Interrupted Goode Homolosine projection, on the globe and on the map.';
COMMENT ON COLUMN core.grid_lobe.lobe IS 'Number of the lobe, northern ones first, west to east.';
COMMENT ON COLUMN core.grid_lobe.geometry IS 'Outline in EPSG:4326.';
COMMENT ON COLUMN core.grid_lobe.geometry_igh IS 'Outline in Interrupted Goode Homolosine, m.';
