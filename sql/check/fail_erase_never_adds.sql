-- fail_erase_never_adds: Erasing stable green made a polygon larger.
--
-- Reads:   core.merged, core.erased.
-- Caveat:  compared in square degrees, which noding conserves; geodesic areas follow the nodes on long edges.
WITH remainder AS (
    SELECT
        merged_key,
        sum(ST_Area(geometry)) AS degrees2
    FROM core.erased
    GROUP BY merged_key
)

SELECT
    merged.merged_key,
    ST_Area(merged.geometry) AS degrees2_before,
    remainder.degrees2 AS degrees2_after
FROM core.merged
INNER JOIN remainder ON merged.merged_key = remainder.merged_key
WHERE remainder.degrees2 > ST_Area(merged.geometry) * (1 + 1e-9);
