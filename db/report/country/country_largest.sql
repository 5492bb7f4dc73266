-- Largest mines: The twenty mines with the largest area.
--
-- Study:     country
-- Needs:     countries
SELECT
    mine_id,
    longitude,
    latitude,
    area_km2
FROM mine
WHERE iso3 = $iso3
ORDER BY area_km2 DESC, mine_id
LIMIT 20;
