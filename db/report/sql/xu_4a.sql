-- Figure 4a: Mines by continent, share of number and of area.
--
-- Study:     xu2025
-- Needs:     countries
-- Published: section = '3.1' AND scope = 'continent' AND NOT starts_with(metric, 'kba')
SELECT
    continent,
    n_mines,
    n_share,
    area_km2,
    area_share,
    mean_area_km2
FROM continent_summary
ORDER BY area_km2 DESC;
