-- warn_country_overlap: Countries overlap where a mine lies; its area there was shared out.
--
-- Reads:   core.mine, core.mine_region.
-- Caveat:  less than a thousandth of the mine is the tolerance of neighbouring outlines, drawn apart from each other.
WITH covered AS (
    SELECT
        mine_id,
        sum(area_km2) AS area_km2
    FROM core.mine_region
    WHERE layer = 'country'
    GROUP BY mine_id
)

SELECT
    mine.mine_id,
    mine.area_km2,
    covered.area_km2 AS covered_km2
FROM core.mine
INNER JOIN covered ON mine.mine_id = covered.mine_id
WHERE covered.area_km2 > mine.area_km2 * 1.001;
