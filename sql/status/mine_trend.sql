-- mine_trend: trend of each indicator in each mine, by the Mann-Kendall test.
--
-- Grain:   one row per mine_id, indicator with a value in the period of the trends.
-- Reads:   core.mine_trend_test.
-- Caveat:  a series of four years or fewer can't reach 5 %; one of equal values has no trend. p_value is that of the
--          normal approximation, as in the study, which at five years says 0.027 where 0.0167 is exact; with
--          trend_test = 'exact' it is the exact one. Test, level, correction and period are parameters.
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
    p_adjusted,
    z,
    s,
    tau,
    slope_per_year,
    reason
FROM core.mine_trend_test
ORDER BY mine_id, indicator;

COMMENT ON VIEW mine_trend IS 'Trend of each indicator in each mine, by the Mann-Kendall test.';
COMMENT ON COLUMN mine_trend.mine_id IS 'Mine.';
COMMENT ON COLUMN mine_trend.indicator IS 'bsp, ndvi, ntl, ...';
COMMENT ON COLUMN mine_trend.n_years IS 'Number of years with a value.';
COMMENT ON COLUMN mine_trend.first_year IS 'First of them.';
COMMENT ON COLUMN mine_trend.last_year IS 'Last of them.';
COMMENT ON COLUMN mine_trend.trend IS
'increasing, decreasing or no trend; NULL where the series could not be tested.';
COMMENT ON COLUMN mine_trend.p_value IS
'Two-sided p-value, 0-1: exact where trend_test is exact, else of the normal approximation.';
COMMENT ON COLUMN mine_trend.p_adjusted IS
'Smallest false discovery rate over all mines at which this one has a trend, 0-1 (Benjamini-Hochberg).';
COMMENT ON COLUMN mine_trend.z IS 'Test statistic, standard normal without a trend.';
COMMENT ON COLUMN mine_trend.s IS 'Mann-Kendall score, rises less falls over all pairs of years.';
COMMENT ON COLUMN mine_trend.tau IS 'Kendall''s tau, -1 to 1.';
COMMENT ON COLUMN mine_trend.slope_per_year IS 'Sen''s slope, in the unit of the indicator by year.';
COMMENT ON COLUMN mine_trend.reason IS
'Why there is no trend to speak of: fewer than four values, all values are equal.';
