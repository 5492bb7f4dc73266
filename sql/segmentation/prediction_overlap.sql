-- core.prediction_overlap: pairs of polygons of the same year that share ground, both ways round.
--
-- Grain:   one row per ordered pair.
-- Reads:   core.prediction_square, core.prediction.
-- Stored:  yes.
-- Caveat:  polygons that meet share a square; where they share several, the one with the corner of what their boxes
--          have in common is taken, so that a pair is found once.
-- Method:  docs/methods.md#segmentation
CREATE OR REPLACE VIEW core.prediction_overlap AS
WITH in_square AS MATERIALIZED (
    SELECT * FROM core.prediction_square
),

near AS MATERIALIZED (
    SELECT
        one.prediction_key,
        other.prediction_key AS other_key
    FROM in_square AS one
    INNER JOIN in_square AS other
        ON one.year = other.year AND one.square = other.square
    WHERE
        one.prediction_key < other.prediction_key
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
        near.prediction_key,
        near.other_key
    FROM near
    INNER JOIN core.prediction AS one ON near.prediction_key = one.prediction_key
    INNER JOIN core.prediction AS other ON near.other_key = other.prediction_key
    WHERE one.geometry = other.geometry OR ST_Intersects(one.geometry, other.geometry)
)

SELECT
    prediction_key,
    other_key
FROM pair

UNION ALL

SELECT
    other_key AS prediction_key,
    prediction_key AS other_key
FROM pair
ORDER BY prediction_key, other_key;

COMMENT ON VIEW core.prediction_overlap IS
'Pairs of polygons of the same year that share ground, both ways round.';
COMMENT ON COLUMN core.prediction_overlap.prediction_key IS 'Number of the one polygon.';
COMMENT ON COLUMN core.prediction_overlap.other_key IS 'Number of the other polygon.';
