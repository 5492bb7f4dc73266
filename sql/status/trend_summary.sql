-- trend_summary: number and area of mines with each trend of each indicator, by continent.
--
-- Grain:   one row per name, indicator, trend that occurs; NULL trend: the series could not be tested.
-- Reads:   mine_trend, core.mine, core.mine_country.
-- Caveat:  World counts every mine with a series; mines far from any country have no continent.
-- Method:  docs/methods.md#trends (Xu et al. 2025, section 2.3)
CREATE OR REPLACE VIEW trend_summary AS
WITH placed AS (
    SELECT
        mine_trend.indicator,
        mine_trend.trend,
        mine.area_km2,
        unnest(['World', mine_country.continent]) AS name
    FROM mine_trend
    INNER JOIN core.mine ON mine_trend.mine_id = mine.mine_id
    LEFT JOIN core.mine_country ON mine.mine_id = mine_country.mine_id
)

SELECT
    name,
    indicator,
    trend,
    count(*) AS n_mines,
    count(*) / sum(count(*)) OVER place AS n_share,
    core.reproducible_sum(area_km2) AS area_km2,
    core.reproducible_sum(area_km2) / sum(core.reproducible_sum(area_km2)) OVER place AS area_share
FROM placed
WHERE name IS NOT NULL
GROUP BY name, indicator, trend
WINDOW
    place AS (
        PARTITION BY name, indicator ORDER BY trend
        ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
    )
ORDER BY name, indicator, trend;

COMMENT ON VIEW trend_summary IS
'Number and area of mines with each trend of each indicator, by continent.';
COMMENT ON COLUMN trend_summary.name IS 'World, or name of the continent.';
COMMENT ON COLUMN trend_summary.indicator IS 'bsp, ndvi, ntl, ...';
COMMENT ON COLUMN trend_summary.trend IS
'increasing, decreasing or no trend; NULL where the series is too short to test.';
COMMENT ON COLUMN trend_summary.n_mines IS 'Number of mines.';
COMMENT ON COLUMN trend_summary.n_share IS 'Share of the mines with a series of that indicator, 0-1.';
COMMENT ON COLUMN trend_summary.area_km2 IS 'Area of the mines, km2.';
COMMENT ON COLUMN trend_summary.area_share IS 'Share of the area of those mines, 0-1.';
