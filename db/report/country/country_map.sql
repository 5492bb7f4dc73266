-- Map: Where the mines are.
--
-- Study:     country
-- Needs:     countries
SELECT
    mine_id,
    longitude,
    latitude,
    area_km2,
    iso3,
    'mine' AS what
FROM mine
WHERE iso3 = $iso3
ORDER BY mine_id;
