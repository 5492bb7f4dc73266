-- Figure A1: Trends of bare surface, greenness and night light, share of mines.
--
-- Study:     xu2025
-- Needs:     status
SELECT
    indicator,
    coalesce(trend, 'not tested') AS trend,
    n_mines,
    n_share,
    area_km2
FROM trend_summary
WHERE name = 'World'
ORDER BY indicator, trend;
