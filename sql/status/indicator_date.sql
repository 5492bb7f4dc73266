-- core.indicator_date: value of each indicator in each mine by date, files of a date united.
--
-- Grain:   one row per mine_id, indicator, year, month, day, where a pixel has data.
-- Reads:   raw.indicator, core.mine.
-- Caveat:  month is NULL in yearly series, day in monthly ones.
-- Method:  docs/methods.md#indicators (Xu et al. 2025, section 2.3)
CREATE OR REPLACE VIEW core.indicator_date AS
WITH united AS (
    SELECT
        mine_id,
        indicator,
        year,
        month,
        day,
        core.reproducible_sum(value * weight_km2) / core.reproducible_sum(weight_km2) AS value,
        core.reproducible_sum(valid_km2) AS valid_km2
    FROM raw.indicator
    WHERE value IS NOT NULL
    GROUP BY mine_id, indicator, year, month, day
)

SELECT
    united.mine_id,
    united.indicator,
    united.year,
    united.month,
    united.day,
    united.value,
    least(united.valid_km2 / mine.area_km2, 1) AS coverage_share
FROM united
INNER JOIN core.mine ON united.mine_id = mine.mine_id;

COMMENT ON VIEW core.indicator_date IS
'Value of each indicator in each mine by date, files of a date united.';
COMMENT ON COLUMN core.indicator_date.mine_id IS 'Mine.';
COMMENT ON COLUMN core.indicator_date.indicator IS 'Name of the series in the project file.';
COMMENT ON COLUMN core.indicator_date.year IS 'Calendar year.';
COMMENT ON COLUMN core.indicator_date.month IS 'Month, 1 to 12; NULL in a yearly series.';
COMMENT ON COLUMN core.indicator_date.day IS
'Day of the month on which the date begins; NULL in a monthly or yearly series.';
COMMENT ON COLUMN core.indicator_date.value IS
'Mean of the pixels with data, by covered area and weight, in the unit of the series.';
COMMENT ON COLUMN core.indicator_date.coverage_share IS 'Share of the mine with data, 0-1.';
