-- Figure 5b: Countries with the largest mine area inside Key Biodiversity Areas.
--
-- Study:     xu2025
-- Needs:     protected
-- Published: section = '3.1' AND scope = 'global' AND starts_with(metric, 'kba')
SELECT
    country,
    area_km2,
    n_mines
FROM protected_country_summary
ORDER BY area_km2 DESC, country
LIMIT 30;
