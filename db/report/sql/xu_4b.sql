-- Figure 4b: Countries with the largest mine area.
--
-- Study:     xu2025
-- Needs:     countries
-- Published: section = '3.1' AND scope = 'global' AND NOT starts_with(metric, 'kba')
SELECT
    country,
    area_km2,
    n_mines,
    area_share,
    cumulative_area_share
FROM country_summary
ORDER BY area_rank
LIMIT 30;
