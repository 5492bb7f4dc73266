-- core.polygon_pair: pairs of source polygons that share at least a point, both ways round.
--
-- Grain:   one row per ordered pair.
-- Reads:   core.polygon.
-- Stored:  yes, one spatial join over all polygons.
-- Caveat:  the keys are compared by difference in WHERE: a comparison across the join would cost the spatial join.
-- Method:  docs/methods.md#union (Xu et al. 2025, section 2.1)
CREATE OR REPLACE VIEW core.polygon_pair AS
SELECT
    one.polygon_key,
    other.polygon_key AS other_key
FROM core.polygon AS one
INNER JOIN core.polygon AS other
    ON ST_Intersects(one.geometry, other.geometry)
WHERE abs(other.polygon_key - one.polygon_key) > 0
ORDER BY one.polygon_key, other.polygon_key;

COMMENT ON VIEW core.polygon_pair IS 'Pairs of source polygons that share at least a point, both ways round.';
COMMENT ON COLUMN core.polygon_pair.polygon_key IS 'Number of the one polygon.';
COMMENT ON COLUMN core.polygon_pair.other_key IS 'Number of the other polygon.';
