-- Figure 7b: Status of mines by continent, share of number.
--
-- Study:     xu2025
-- Needs:     status
-- Published: section = '3.3' AND scope = 'continent'
SELECT
    name,
    status,
    n_mines,
    n_share,
    area_km2
FROM status_summary
WHERE scope = 'continent'
ORDER BY name, status;
