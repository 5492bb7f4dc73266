-- Figure 7c: Status of mines in the countries with most mines, share of number.
--
-- Study:     xu2025
-- Needs:     status
-- Published: section = '3.3' AND scope = 'country'
WITH largest AS (
    SELECT
        name,
        sum(n_mines) AS n_all
    FROM status_summary
    WHERE scope = 'country'
    GROUP BY name
    ORDER BY n_all DESC, name
    LIMIT 15
)

SELECT
    status_summary.name,
    status_summary.status,
    status_summary.n_mines,
    status_summary.n_share,
    status_summary.area_km2
FROM status_summary
INNER JOIN largest ON status_summary.name = largest.name
WHERE status_summary.scope = 'country'
ORDER BY largest.n_all DESC, status_summary.name, status_summary.status;
