-- core.landcover_year: every calendar year of the record, and the epochs to either side of it.
--
-- Grain:   one row per year from the first epoch to the last.
-- Reads:   raw.landcover_epoch.
-- Method:  docs/methods.md#years-between-epochs (Xu et al. 2025, section 2.2)
CREATE OR REPLACE VIEW core.landcover_year AS
WITH epoch_pair AS (
    SELECT
        year AS year_before,
        coalesce(lead(year) OVER (ORDER BY position), year + 1) AS year_after
    FROM raw.landcover_epoch
),

calendar AS (
    SELECT
        year_before,
        year_after,
        unnest(range(year_before, year_after))::INTEGER AS year
    FROM epoch_pair
)

SELECT
    year,
    year_before,
    CASE WHEN year = year_before THEN year ELSE year_after END AS year_after,
    (year - year_before) / (year_after - year_before) AS weight_after,
    year > year_before AS is_interpolated
FROM calendar;

COMMENT ON VIEW core.landcover_year IS
'Every calendar year of the record, and the epochs to either side of it.';
COMMENT ON COLUMN core.landcover_year.year IS 'Calendar year.';
COMMENT ON COLUMN core.landcover_year.year_before IS 'Year of the last epoch up to it.';
COMMENT ON COLUMN core.landcover_year.year_after IS 'Year of the first epoch from it on.';
COMMENT ON COLUMN core.landcover_year.weight_after IS
'Weight of year_after in a linear interpolation, 0-1.';
COMMENT ON COLUMN core.landcover_year.is_interpolated IS 'Whether there is no map of that year.';
