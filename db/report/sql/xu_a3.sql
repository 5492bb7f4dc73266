-- Figure A3: Area developed less area reclaimed, by continent and year.
--
-- Study:     xu2025
-- Needs:     landcover
SELECT
    continent,
    year,
    sum(developed_km2) AS developed_km2,
    sum(reclaimed_km2) AS reclaimed_km2,
    sum(gap_km2) AS gap_km2
FROM continent_disturbance_yearly
WHERE is_in_totals
GROUP BY continent, year
ORDER BY continent, year;
