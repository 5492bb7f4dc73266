-- core.grid_lobe: the six lobes of the Interrupted Goode Homolosine projection.
--
-- Grain:   one row per lobe.
-- Reads:   nothing.
-- Caveat:  x_middle_m is the easting of the meridian that stands upright in the lobe.
-- Method:  docs/methods.md#grid
CREATE OR REPLACE VIEW core.grid_lobe AS
WITH lobe (lobe, xmin, ymin, xmax, ymax, middle) AS (
    VALUES
    (1, -180, 0, -40, 90, -100),
    (2, -40, 0, 180, 90, 30),
    (3, -180, -90, -100, 0, -160),
    (4, -100, -90, -20, 0, -60),
    (5, -20, -90, 80, 0, 20),
    (6, 80, -90, 180, 0, 140)
)

SELECT
    lobe,
    xmin,
    ymin,
    xmax,
    ymax,
    ST_X(ST_Transform(ST_Point(middle, (ymin + ymax) / 2), 'EPSG:4326', core.igh_crs())) AS x_middle_m,
    ST_Y(ST_Transform(ST_Point(middle, ymin), 'EPSG:4326', core.igh_crs())) AS y_bottom_m,
    ST_Y(ST_Transform(ST_Point(middle, ymax), 'EPSG:4326', core.igh_crs())) AS y_top_m
FROM lobe;

COMMENT ON VIEW core.grid_lobe IS 'The six lobes of the Interrupted Goode Homolosine projection.';
COMMENT ON COLUMN core.grid_lobe.lobe IS 'Number of the lobe, northern ones first, west to east.';
COMMENT ON COLUMN core.grid_lobe.xmin IS 'Western edge, degrees.';
COMMENT ON COLUMN core.grid_lobe.ymin IS 'Southern edge, degrees.';
COMMENT ON COLUMN core.grid_lobe.xmax IS 'Eastern edge, degrees.';
COMMENT ON COLUMN core.grid_lobe.ymax IS 'Northern edge, degrees.';
COMMENT ON COLUMN core.grid_lobe.x_middle_m IS 'Easting of its upright meridian, m.';
COMMENT ON COLUMN core.grid_lobe.y_bottom_m IS 'Northing of its southern edge, m.';
COMMENT ON COLUMN core.grid_lobe.y_top_m IS 'Northing of its northern edge, m.';
