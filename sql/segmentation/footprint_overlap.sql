-- core.footprint_overlap: pairs of polygons of a year and threshold that meet, or nearly, both ways.
--
-- Grain:   one row per ordered pair.
-- Reads:   core.footprint_square, core.footprint_outline.
-- Stored:  yes, it intersects the polygons of all years in pairs.
-- Caveat:  polygons that meet share a square; where they share several, the one with the corner of what their boxes
--          have in common is taken, so that a pair is found once.
-- Method:  docs/methods.md#segmentation
CREATE OR REPLACE VIEW core.footprint_overlap AS
WITH in_square AS MATERIALIZED (
    SELECT * FROM core.footprint_square
),

near AS MATERIALIZED (
    SELECT
        one.footprint_key,
        other.footprint_key AS other_key,
        one.reach_degrees
    FROM in_square AS one
    INNER JOIN in_square AS other
        ON
            one.year = other.year
            AND one.threshold IS NOT DISTINCT FROM other.threshold
            AND one.square = other.square
    WHERE
        one.footprint_key < other.footprint_key
        AND one.xmin <= other.xmax
        AND other.xmin <= one.xmax
        AND one.ymin <= other.ymax
        AND other.ymin <= one.ymax
        AND one.square = core.box_square(
            core.box_row(greatest(one.xmin, other.xmin)), core.box_row(greatest(one.ymin, other.ymin))
        )
),

pair AS (
    SELECT
        near.footprint_key,
        near.other_key
    FROM near
    INNER JOIN core.footprint_outline AS one ON near.footprint_key = one.footprint_key
    INNER JOIN core.footprint_outline AS other ON near.other_key = other.footprint_key
    WHERE
        one.geometry = other.geometry
        OR ST_DWithin(one.geometry, other.geometry, near.reach_degrees)
)

SELECT
    footprint_key,
    other_key
FROM pair

UNION ALL

SELECT
    other_key AS footprint_key,
    footprint_key AS other_key
FROM pair
ORDER BY footprint_key, other_key;

COMMENT ON VIEW core.footprint_overlap IS
'Pairs of polygons of a year and threshold that meet, or pass within two snapping distances, both ways.';
COMMENT ON COLUMN core.footprint_overlap.footprint_key IS 'Number of the one polygon.';
COMMENT ON COLUMN core.footprint_overlap.other_key IS 'Number of the other polygon.';
