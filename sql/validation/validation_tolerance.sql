-- validation_tolerance: share of samples dated right, for every tolerance.
--
-- Grain:   one row per tolerance_years from 0 to the largest lag, at least to validation_tolerance_years.
-- Reads:   core.validation_sample, parameter.
-- Caveat:  a sample without a transition is wrong at every tolerance.
-- Method:  docs/methods.md#validation (Xu et al. 2025, section 4.3, Figure A6c)
CREATE OR REPLACE VIEW validation_tolerance AS
WITH tolerance AS (
    SELECT
        unnest(
            range(
                0,
                greatest(
                    coalesce(max(abs(validation_sample.lag_years)), 0),
                    any_value(parameter.validation_tolerance_years)
                ) + 1
            )
        )::INTEGER AS tolerance_years
    FROM core.validation_sample
    CROSS JOIN parameter
    HAVING count(*) > 0
)

SELECT
    tolerance.tolerance_years,
    avg((coalesce(abs(validation_sample.lag_years) <= tolerance.tolerance_years, FALSE))::INTEGER) AS accuracy
FROM tolerance
CROSS JOIN core.validation_sample
GROUP BY tolerance.tolerance_years
ORDER BY tolerance.tolerance_years;

COMMENT ON VIEW validation_tolerance IS 'Share of samples dated right, for every tolerance.';
COMMENT ON COLUMN validation_tolerance.tolerance_years IS 'Years by which a date may be off, years.';
COMMENT ON COLUMN validation_tolerance.accuracy IS 'Share of all samples dated within them, 0-1.';
