-- mine_trend: trend of each indicator in each mine, by the Mann-Kendall test.
--
-- Grain:   one row per mine_id, indicator with a value in the period of the trends.
-- Reads:   core.mine_trend_test.
-- Caveat:  a series of four years or fewer can't reach 5 %. Test, level and period are parameters.
-- Method:  docs/methods.md#trends (Xu et al. 2025, section 2.3)
CREATE OR REPLACE VIEW mine_trend AS
SELECT
    mine_id,
    indicator,
    n_years,
    first_year,
    last_year,
    trend,
    p_value,
    z,
    s,
    tau,
    slope_per_year,
    reason
FROM core.mine_trend_test;

COMMENT ON VIEW mine_trend IS 'Trend of each indicator in each mine, by the Mann-Kendall test.';
COMMENT ON COLUMN mine_trend.mine_id IS 'Mine.';
COMMENT ON COLUMN mine_trend.indicator IS 'bsp, ndvi, ntl, ...';
COMMENT ON COLUMN mine_trend.n_years IS 'Number of years with a value.';
COMMENT ON COLUMN mine_trend.first_year IS 'First of them.';
COMMENT ON COLUMN mine_trend.last_year IS 'Last of them.';
COMMENT ON COLUMN mine_trend.trend IS 'increasing, decreasing or no trend; NULL with a reason.';
COMMENT ON COLUMN mine_trend.p_value IS 'Two-sided p-value, 0-1.';
COMMENT ON COLUMN mine_trend.z IS 'Test statistic, standard normal without a trend.';
COMMENT ON COLUMN mine_trend.s IS 'Mann-Kendall score, rises less falls over all pairs of years.';
COMMENT ON COLUMN mine_trend.tau IS 'Kendall''s tau, -1 to 1.';
COMMENT ON COLUMN mine_trend.slope_per_year IS 'Sen''s slope, in the unit of the indicator by year.';
COMMENT ON COLUMN mine_trend.reason IS
'Why there is no trend to speak of: fewer than four values, all values are equal.';
