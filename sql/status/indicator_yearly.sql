-- core.indicator_yearly: value of each raster indicator in each mine by year, dates and months averaged.
--
-- Grain:   one row per mine_id, indicator, year with data.
-- Reads:   core.indicator_date.
-- Stored:  yes, because it goes over every date of every mine.
-- Caveat:  dates are averaged to their month, months to the year, each alike; what has no data is left out.
-- Method:  docs/methods.md#indicators (Xu et al. 2025, section 2.3)
CREATE OR REPLACE VIEW core.indicator_yearly AS
WITH month_mean AS (
    SELECT
        mine_id,
        indicator,
        year,
        core.reproducible_sum(value) / count(*) AS value,
        core.reproducible_sum(coverage_share) / count(*) AS coverage_share,
        count(*) AS n_dates
    FROM core.indicator_date
    GROUP BY mine_id, indicator, year, month
)

SELECT
    mine_id,
    indicator,
    year,
    core.reproducible_sum(value) / count(*) AS value,
    core.reproducible_sum(coverage_share) / count(*) AS coverage_share,
    sum(n_dates)::INTEGER AS n_dates
FROM month_mean
GROUP BY mine_id, indicator, year
ORDER BY mine_id, indicator, year;

COMMENT ON VIEW core.indicator_yearly IS
'Value of each raster indicator in each mine by year, dates and months averaged.';
COMMENT ON COLUMN core.indicator_yearly.mine_id IS 'Mine.';
COMMENT ON COLUMN core.indicator_yearly.indicator IS 'Name of the series in the project file.';
COMMENT ON COLUMN core.indicator_yearly.year IS 'Calendar year.';
COMMENT ON COLUMN core.indicator_yearly.value IS
'Mean of the months of the year, each the mean of its dates, in the unit of the series.';
COMMENT ON COLUMN core.indicator_yearly.coverage_share IS
'Share of the mine with data, 0-1, averaged as the value is.';
COMMENT ON COLUMN core.indicator_yearly.n_dates IS 'Number of dates with data.';
