-- fail_polygon_key_unique: Two source polygons share a key, or a source feature stands twice.
--
-- Reads:   core.polygon.
SELECT
    polygon_key,
    count(*) AS n
FROM core.polygon
GROUP BY polygon_key
HAVING count(*) > 1;
