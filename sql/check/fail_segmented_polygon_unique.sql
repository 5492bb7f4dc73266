-- fail_segmented_polygon_unique: Two footprint polygons share an id, and areas would be counted twice.
--
-- Reads:   core.footprint_united.
SELECT
    footprint_id,
    count(*) AS n
FROM core.footprint_united
GROUP BY footprint_id
HAVING count(*) > 1;
