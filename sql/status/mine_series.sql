-- core.mine_series: the yearly values of each indicator in each mine as a list, gaps as NULL.
--
-- Grain:   one row per mine_id, indicator with a value in the period of the trends.
-- Reads:   mine_indicator_yearly, parameter.
-- Caveat:  the list has a place for every year of the period, so that slopes are by year.
-- Method:  docs/methods.md#trends (Xu et al. 2025, section 2.3)
CREATE OR REPLACE VIEW core.mine_series AS
WITH counted AS (
    SELECT
        yearly.mine_id,
        yearly.indicator,
        yearly.year,
        yearly.value
    FROM main.mine_indicator_yearly AS yearly
    CROSS JOIN main.parameter
    WHERE
        yearly.year BETWEEN parameter.trend_first_year AND parameter.trend_last_year
        AND coalesce(yearly.coverage_share, 1) >= parameter.indicator_coverage_min
),

period AS (
    SELECT unnest(range(trend_first_year, trend_last_year + 1)) AS year
    FROM main.parameter
),

series AS (
    SELECT
        mine_id,
        indicator,
        count(*)::INTEGER AS n_years,
        min(year) AS first_year,
        max(year) AS last_year
    FROM counted
    GROUP BY mine_id, indicator
)

SELECT
    series.mine_id,
    series.indicator,
    series.n_years,
    series.first_year,
    series.last_year,
    list(counted.value ORDER BY period.year) AS yearly_values
FROM series
CROSS JOIN period
LEFT JOIN counted
    ON
        series.mine_id = counted.mine_id
        AND series.indicator = counted.indicator
        AND period.year = counted.year
GROUP BY series.mine_id, series.indicator, series.n_years, series.first_year, series.last_year;

COMMENT ON VIEW core.mine_series IS
'The yearly values of each indicator in each mine as a list, gaps as NULL.';
COMMENT ON COLUMN core.mine_series.mine_id IS 'Mine.';
COMMENT ON COLUMN core.mine_series.indicator IS 'bsp, ndvi, ntl, ...';
COMMENT ON COLUMN core.mine_series.n_years IS 'Number of years with a value.';
COMMENT ON COLUMN core.mine_series.first_year IS 'First year with a value in the period.';
COMMENT ON COLUMN core.mine_series.last_year IS 'Last year with a value in the period.';
COMMENT ON COLUMN core.mine_series.yearly_values IS
'Value of each year of the period, in order; NULL for a year without data.';
