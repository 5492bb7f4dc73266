-- core.mine_trend_test: the Mann-Kendall test of each indicator in each mine.
--
-- Grain:   one row per mine_id, indicator with a value in the period of the trends.
-- Reads:   core.mine_series, parameter.
-- Stored:  yes, because mann_kendall_test is a function of the build that no other client has.
-- Caveat:  the macros mk_s, mk_p ... serve any client.
-- Method:  docs/methods.md#trends (Xu et al. 2025, section 2.3; Benjamini and Hochberg 1995)
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
),

ranked AS (
    SELECT
        *,
        count(*) OVER (PARTITION BY indicator) / count(*) OVER (PARTITION BY indicator ORDER BY test.p) * test.p
            AS step_p
    FROM tested
    WHERE test.trend IS NOT NULL
),

-- The smallest of what this p and all larger ones would need: Benjamini and Hochberg's step-up.
adjusted AS (
    SELECT
        mine_id,
        indicator,
        min(step_p) OVER (PARTITION BY indicator ORDER BY test.p DESC) AS p_adjusted
    FROM ranked
)

SELECT
    tested.mine_id,
    tested.indicator,
    tested.n_years,
    tested.first_year,
    tested.last_year,
    CASE
        WHEN parameter.trend_correction = 'benjamini_hochberg' AND adjusted.p_adjusted >= parameter.trend_alpha
            THEN 'no trend'
        ELSE tested.test.trend
    END AS trend,
    tested.test.p AS p_value,
    adjusted.p_adjusted,
    tested.test.z,
    tested.test.s,
    tested.test.tau,
    tested.test.slope AS slope_per_year,
    tested.test.reason
FROM tested
CROSS JOIN main.parameter
LEFT JOIN adjusted ON tested.mine_id = adjusted.mine_id AND tested.indicator = adjusted.indicator
ORDER BY tested.mine_id, tested.indicator;

COMMENT ON VIEW core.mine_trend_test IS 'The Mann-Kendall test of each indicator in each mine.';
COMMENT ON COLUMN core.mine_trend_test.mine_id IS 'Mine.';
COMMENT ON COLUMN core.mine_trend_test.indicator IS 'bsp, ndvi, ntl, ...';
COMMENT ON COLUMN core.mine_trend_test.n_years IS 'Number of years with a value.';
COMMENT ON COLUMN core.mine_trend_test.first_year IS 'First year with a value in the period.';
COMMENT ON COLUMN core.mine_trend_test.last_year IS 'Last year with a value in the period.';
COMMENT ON COLUMN core.mine_trend_test.trend IS
'increasing, decreasing or no trend; NULL where the series could not be tested.';
COMMENT ON COLUMN core.mine_trend_test.p_value IS 'Two-sided p-value, 0-1.';
COMMENT ON COLUMN core.mine_trend_test.p_adjusted IS
'Smallest false discovery rate over all mines at which this one has a trend, 0-1.';
COMMENT ON COLUMN core.mine_trend_test.z IS 'Test statistic, standard normal without a trend.';
COMMENT ON COLUMN core.mine_trend_test.s IS 'Mann-Kendall score, rises less falls over all pairs of years.';
COMMENT ON COLUMN core.mine_trend_test.tau IS 'Kendall''s tau, -1 to 1.';
COMMENT ON COLUMN core.mine_trend_test.slope_per_year IS
'Sen''s slope, in the unit of the indicator by year.';
COMMENT ON COLUMN core.mine_trend_test.reason IS
'Why there is no trend to speak of: fewer than four values, all values are equal.';
