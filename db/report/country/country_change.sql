-- Change: Area developed and reclaimed each year, and the gap between them.
--
-- Study:     country
-- Needs:     landcover
SELECT
    year,
    sum(developed_km2) AS developed_km2,
    sum(reclaimed_km2) AS reclaimed_km2,
    sum(gap_km2) AS gap_km2
FROM country_disturbance_yearly
WHERE iso3 = $iso3 AND is_in_totals
GROUP BY year
ORDER BY year;
