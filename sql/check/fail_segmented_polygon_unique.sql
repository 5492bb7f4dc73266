-- fail_segmented_polygon_unique: Two footprint polygons share an id, and areas would be counted twice.
--
-- Reads:   core.segmented_polygon.
SELECT
    prediction_id,
    count(*) AS n
FROM core.segmented_polygon
GROUP BY prediction_id
HAVING count(*) > 1;
