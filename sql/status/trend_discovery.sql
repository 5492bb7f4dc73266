-- trend_discovery: how many mines have a trend, how many chance alone would give, and how many survive a control of it.
--
-- Grain:   one row per scope, name, indicator with a test.
-- Reads:   mine_trend, core.mine_country, core.trend_size, parameter.
-- Caveat:  the false discovery rate is that of the mines of the scope, one indicator at a time (Benjamini and Hochberg
--          1995), at trend_alpha. p-values of a few years come in steps, which makes it cautious.
-- Method:  docs/methods.md#chance (Benjamini and Hochberg 1995)
CREATE OR REPLACE VIEW trend_discovery AS
WITH placed AS (
    SELECT
        unnest(['world', 'continent', 'country']) AS scope,
        unnest(['World', mine_country.continent, mine_country.country]) AS name,
        mine_trend.indicator,
        mine_trend.p_value,
        mine_trend.z,
        CASE WHEN mine_trend.reason IS NULL THEN trend_size.size ELSE 0 END AS size
    FROM mine_trend
    LEFT JOIN core.mine_country ON mine_trend.mine_id = mine_country.mine_id
    LEFT JOIN core.trend_size ON mine_trend.n_years = trend_size.n_years
    WHERE mine_trend.trend IS NOT NULL
),

ranked AS (
    SELECT
        *,
        count(*) OVER family / count(*) OVER (family ORDER BY p_value) * p_value AS step_p
    FROM placed
    WHERE name IS NOT NULL
    WINDOW family AS (PARTITION BY scope, name, indicator)
),

adjusted AS (
    SELECT
        *,
        min(step_p) OVER (PARTITION BY scope, name, indicator ORDER BY p_value DESC) AS p_adjusted
    FROM ranked
)

SELECT
    adjusted.scope,
    adjusted.name,
    adjusted.indicator,
    count(*) AS n_tested,
    count(*) FILTER (adjusted.p_value < parameter.trend_alpha) AS n_significant,
    CASE WHEN count(*) = count(adjusted.size) THEN core.reproducible_sum(adjusted.size) END AS n_by_chance,
    count(*) FILTER (adjusted.p_adjusted < parameter.trend_alpha) AS n_discoveries,
    count(*) FILTER (adjusted.p_adjusted < parameter.trend_alpha AND adjusted.z > 0) AS n_increasing,
    count(*) FILTER (adjusted.p_adjusted < parameter.trend_alpha AND adjusted.z < 0) AS n_decreasing
FROM adjusted
CROSS JOIN parameter
GROUP BY adjusted.scope, adjusted.name, adjusted.indicator
ORDER BY adjusted.scope DESC, adjusted.name ASC, adjusted.indicator ASC;

COMMENT ON VIEW trend_discovery IS
'How many mines have a trend, how many chance alone would give, and how many survive a control of it.';
COMMENT ON COLUMN trend_discovery.scope IS 'world, continent or country.';
COMMENT ON COLUMN trend_discovery.name IS 'World, or name of the continent or country.';
COMMENT ON COLUMN trend_discovery.indicator IS 'bsp, ndvi, ntl, ...';
COMMENT ON COLUMN trend_discovery.n_tested IS 'Number of mines tested.';
COMMENT ON COLUMN trend_discovery.n_significant IS 'Mines with p below trend_alpha, uncorrected.';
COMMENT ON COLUMN trend_discovery.n_by_chance IS
'Mines expected to be below it if nothing had changed anywhere; NULL for modified tests.';
COMMENT ON COLUMN trend_discovery.n_discoveries IS
'Mines with a trend at a false discovery rate of trend_alpha in the scope.';
COMMENT ON COLUMN trend_discovery.n_increasing IS 'Of which increasing.';
COMMENT ON COLUMN trend_discovery.n_decreasing IS 'Of which decreasing.';
