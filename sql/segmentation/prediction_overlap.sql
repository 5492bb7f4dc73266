-- core.prediction_overlap: pairs of polygons of the same year that share ground, both ways round.
--
-- Grain:   one row per ordered pair.
-- Reads:   core.prediction.
-- Stored:  yes, one spatial join.
-- Caveat:  years and keys are compared by difference in WHERE: a comparison across would cost the spatial join.
-- Method:  docs/methods.md#segmentation
CREATE OR REPLACE VIEW core.prediction_overlap AS
SELECT
    one.prediction_key,
    other.prediction_key AS other_key
FROM core.prediction AS one
INNER JOIN core.prediction AS other
    ON ST_Intersects(one.geometry, other.geometry)
WHERE
    other.year - one.year = 0
    AND abs(other.prediction_key - one.prediction_key) > 0
ORDER BY one.prediction_key, other.prediction_key;

COMMENT ON VIEW core.prediction_overlap IS
'Pairs of polygons of the same year that share ground, both ways round.';
COMMENT ON COLUMN core.prediction_overlap.prediction_key IS 'Number of the one polygon.';
COMMENT ON COLUMN core.prediction_overlap.other_key IS 'Number of the other polygon.';
