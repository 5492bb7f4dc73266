-- Figure 6c: Area developed each year by what it was.
--
-- Study:     xu2025
-- Needs:     landcover
SELECT
    year,
    cover_type,
    sum(developed_km2) AS developed_km2,
    sum(reclaimed_km2) AS reclaimed_km2
FROM mine_disturbance_yearly
GROUP BY year, cover_type
ORDER BY year, cover_type;
