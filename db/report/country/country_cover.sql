-- Land cover: Area developed and reclaimed by what it was, or became.
--
-- Study:     country
-- Needs:     landcover
SELECT
    cover_type,
    sum(developed_km2) AS developed_km2,
    sum(reclaimed_km2) AS reclaimed_km2
FROM country_disturbance_yearly
WHERE iso3 = $iso3
GROUP BY cover_type
ORDER BY developed_km2 DESC, cover_type;
