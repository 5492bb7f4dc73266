-- core.reach_square: squares that the bounding box of each footprint polygon with its buffer reaches into.
--
-- Grain:   one row per footprint_key, square.
-- Reads:   core.polygon_reach.
-- Method:  docs/methods.md#continuity
CREATE OR REPLACE VIEW core.reach_square AS
WITH box AS (
    SELECT
        footprint_key,
        unit_key,
        year,
        threshold,
        ST_XMin(geometry) AS xmin,
        ST_YMin(geometry) AS ymin,
        ST_XMax(geometry) AS xmax,
        ST_YMax(geometry) AS ymax
    FROM core.polygon_reach
)

SELECT
    *,
    unnest(core.box_squares(xmin, ymin, xmax, ymax)) AS square
FROM box;

COMMENT ON VIEW core.reach_square IS
'Squares that the bounding box of each footprint polygon with its buffer reaches into.';
COMMENT ON COLUMN core.reach_square.footprint_key IS 'Number of the polygon.';
COMMENT ON COLUMN core.reach_square.unit_key IS 'Number of the unit it is judged in.';
COMMENT ON COLUMN core.reach_square.year IS 'Year.';
COMMENT ON COLUMN core.reach_square.threshold IS 'Threshold that it stands beside, 0-1.';
COMMENT ON COLUMN core.reach_square.xmin IS 'Western edge of its box, degrees.';
COMMENT ON COLUMN core.reach_square.ymin IS 'Southern edge, degrees.';
COMMENT ON COLUMN core.reach_square.xmax IS 'Eastern edge, degrees.';
COMMENT ON COLUMN core.reach_square.ymax IS 'Northern edge, degrees.';
COMMENT ON COLUMN core.reach_square.square IS 'Number of the square, as core.box_square counts them.';
