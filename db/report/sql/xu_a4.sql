-- Figure A4: Countries where mines developed most land, with what was reclaimed.
--
-- Study:     xu2025
-- Needs:     landcover
SELECT
    country,
    sum(developed_km2) AS developed_km2,
    sum(reclaimed_km2) AS reclaimed_km2
FROM country_disturbance_yearly
WHERE is_in_totals
GROUP BY iso3, country
ORDER BY developed_km2 DESC, country
LIMIT 15;
