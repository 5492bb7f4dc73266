-- Figure 7a: Active, closed and undefined mines, share of number and of area.
--
-- Study:     xu2025
-- Needs:     status
-- Published: section = '3.3' AND scope = 'global'
SELECT
    status,
    n_mines,
    n_share,
    area_km2,
    area_share
FROM status_summary
WHERE name = 'World'
ORDER BY status;
