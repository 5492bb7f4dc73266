-- Figure 5a: Mines inside Key Biodiversity Areas by continent.
--
-- Study:     xu2025
-- Needs:     protected
-- Published: section = '3.1' AND scope = 'continent' AND starts_with(metric, 'kba')
SELECT
    continent,
    n_mines,
    area_km2,
    mean_area_km2
FROM protected_continent_summary
ORDER BY area_km2 DESC;
