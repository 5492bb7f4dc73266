-- core.mine_trend_test: the Mann-Kendall test of each indicator in each mine.
--
-- Grain:   one row per mine_id, indicator with a value in the period of the trends.
-- Reads:   core.mine_series, parameter.
-- Stored:  yes.
-- Caveat:  mann_kendall_test is a function of the build; the macros mk_s, mk_p ... serve any client.
-- Method:  docs/methods.md#trends (Xu et al. 2025, section 2.3)
CREATE OR REPLACE VIEW core.mine_trend_test AS
WITH tested AS (
    SELECT
        mine_series.mine_id,
        mine_series.indicator,
        mine_series.n_years,
        mine_series.first_year,
        mine_series.last_year,
        mann_kendall_test(
            mine_series.yearly_values, parameter.trend_test, parameter.trend_alpha
        ) AS test
    FROM core.mine_series
    CROSS JOIN main.parameter
)

SELECT
    tested.mine_id,
    tested.indicator,
    tested.n_years,
    tested.first_year,
    tested.last_year,
    tested.test.trend,
    tested.test.p AS p_value,
    tested.test.z,
    tested.test.s,
    tested.test.tau,
    tested.test.slope AS slope_per_year,
    tested.test.reason
FROM tested
ORDER BY tested.mine_id, tested.indicator;

COMMENT ON VIEW core.mine_trend_test IS 'The Mann-Kendall test of each indicator in each mine.';
COMMENT ON COLUMN core.mine_trend_test.mine_id IS 'Mine.';
COMMENT ON COLUMN core.mine_trend_test.indicator IS 'bsp, ndvi, ntl, ...';
COMMENT ON COLUMN core.mine_trend_test.n_years IS 'Number of years with a value.';
COMMENT ON COLUMN core.mine_trend_test.first_year IS 'First of them.';
COMMENT ON COLUMN core.mine_trend_test.last_year IS 'Last of them.';
COMMENT ON COLUMN core.mine_trend_test.trend IS 'increasing, decreasing or no trend; NULL with a reason.';
COMMENT ON COLUMN core.mine_trend_test.p_value IS 'Two-sided p-value, 0-1.';
COMMENT ON COLUMN core.mine_trend_test.z IS 'Test statistic, standard normal without a trend.';
COMMENT ON COLUMN core.mine_trend_test.s IS 'Mann-Kendall score, rises less falls over all pairs of years.';
COMMENT ON COLUMN core.mine_trend_test.tau IS 'Kendall''s tau, -1 to 1.';
COMMENT ON COLUMN core.mine_trend_test.slope_per_year IS
'Sen''s slope, in the unit of the indicator by year.';
COMMENT ON COLUMN core.mine_trend_test.reason IS 'Why there is no trend to speak of.';
