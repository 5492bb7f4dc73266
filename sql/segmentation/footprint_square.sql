-- core.footprint_square: squares that the bounding box of each predicted polygon reaches into.
--
-- Grain:   one row per footprint_key, square.
-- Reads:   core.footprint_outline, parameter.
-- Caveat:  boxes are widened by the snapping distance: what runs along each other shares a square, too.
-- Method:  docs/methods.md#segmentation
CREATE OR REPLACE VIEW core.footprint_square AS
WITH box AS (
    SELECT
        outline.footprint_key,
        outline.year,
        outline.threshold,
        2 * parameter.union_snap_degrees AS reach_degrees,
        ST_XMin(outline.geometry) - parameter.union_snap_degrees AS xmin,
        ST_YMin(outline.geometry) - parameter.union_snap_degrees AS ymin,
        ST_XMax(outline.geometry) + parameter.union_snap_degrees AS xmax,
        ST_YMax(outline.geometry) + parameter.union_snap_degrees AS ymax
    FROM core.footprint_outline AS outline, main.parameter
)

SELECT
    *,
    unnest(core.box_squares(xmin, ymin, xmax, ymax)) AS square
FROM box;

COMMENT ON VIEW core.footprint_square IS
'Squares that the bounding box of each predicted polygon reaches into.';
COMMENT ON COLUMN core.footprint_square.footprint_key IS 'Number of the polygon.';
COMMENT ON COLUMN core.footprint_square.year IS 'Year.';
COMMENT ON COLUMN core.footprint_square.threshold IS 'Threshold that it stands beside, 0-1.';
COMMENT ON COLUMN core.footprint_square.reach_degrees IS 'How near another outline is one with it, degrees.';
COMMENT ON COLUMN core.footprint_square.xmin IS 'Western edge of its box, degrees.';
COMMENT ON COLUMN core.footprint_square.ymin IS 'Southern edge, degrees.';
COMMENT ON COLUMN core.footprint_square.xmax IS 'Eastern edge, degrees.';
COMMENT ON COLUMN core.footprint_square.ymax IS 'Northern edge, degrees.';
COMMENT ON COLUMN core.footprint_square.square IS 'Number of the square, as core.box_square counts them.';
