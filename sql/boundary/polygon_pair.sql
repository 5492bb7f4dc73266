-- core.polygon_pair: pairs of source polygons that meet, or pass within two snapping distances, both ways round.
--
-- Grain:   one row per ordered pair.
-- Reads:   core.polygon, parameter.
-- Stored:  yes, one spatial join over all polygons.
-- Caveat:  the join is by the one polygon's box, widened by that distance, since a distance that is no constant would
--          cost the spatial join; so would keys compared across it, which are compared by difference in WHERE.
-- Method:  docs/methods.md#union (Xu et al. 2025, section 2.1)
CREATE OR REPLACE VIEW core.polygon_pair AS
WITH reach AS (
    SELECT
        polygon.polygon_key,
        polygon.geometry,
        2 * parameter.union_snap_degrees AS reach_degrees,
        ST_MakeEnvelope(
            ST_XMin(polygon.geometry) - 2 * parameter.union_snap_degrees,
            ST_YMin(polygon.geometry) - 2 * parameter.union_snap_degrees,
            ST_XMax(polygon.geometry) + 2 * parameter.union_snap_degrees,
            ST_YMax(polygon.geometry) + 2 * parameter.union_snap_degrees
        ) AS box
    FROM core.polygon, main.parameter
)

SELECT
    one.polygon_key,
    other.polygon_key AS other_key
FROM reach AS one
INNER JOIN core.polygon AS other
    ON ST_Intersects(one.box, other.geometry)
WHERE
    abs(other.polygon_key - one.polygon_key) > 0
    AND ST_DWithin(one.geometry, other.geometry, one.reach_degrees)
ORDER BY one.polygon_key, other.polygon_key;

COMMENT ON VIEW core.polygon_pair IS
'Pairs of source polygons that meet, or pass within two snapping distances, both ways round.';
COMMENT ON COLUMN core.polygon_pair.polygon_key IS 'Number of the one polygon.';
COMMENT ON COLUMN core.polygon_pair.other_key IS 'Number of the other polygon.';
