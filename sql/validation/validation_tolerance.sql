-- validation_tolerance: share of samples dated right, for every tolerance, with its interval.
--
-- Grain:   one row per tolerance_years from 0 to the largest lag, at least to validation_tolerance_years.
-- Reads:   validation_sample, parameter.
-- Caveat:  a sample without a transition is wrong at every tolerance, and so is one of another kind. Samples that are
--          unchanged on the map have no date and are left out. Samples of one place count as one in the interval.
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
    FROM validation_sample
    CROSS JOIN parameter
    WHERE validation_sample.predicted_year IS NOT NULL
    HAVING count(*) > 0
),

judged AS (
    SELECT
        tolerance.tolerance_years,
        sample.longitude,
        sample.latitude,
        coalesce(
            abs(sample.lag_years) <= tolerance.tolerance_years AND sample.change = sample.reference_change, FALSE
        )::INTEGER AS is_right
    FROM tolerance
    CROSS JOIN validation_sample AS sample
    WHERE sample.predicted_year IS NOT NULL
),

place AS (
    SELECT
        tolerance_years,
        sum(is_right) AS n_right,
        count(*) AS n,
        sum(sum(is_right)) OVER whole / sum(count(*)) OVER whole AS accuracy
    FROM judged
    GROUP BY tolerance_years, longitude, latitude
    WINDOW whole AS (PARTITION BY tolerance_years)
),

measured AS (
    SELECT
        tolerance_years,
        any_value(accuracy) AS accuracy,
        sum(n)::BIGINT AS n,
        count(*) AS n_places,
        sqrt(
            core.reproducible_sum(power(n_right - n * accuracy, 2)) * count(*) / nullif(count(*) - 1, 0)
        ) / sum(n) AS accuracy_se
    FROM place
    GROUP BY tolerance_years
)

SELECT
    tolerance_years,
    accuracy,
    n,
    wilson_low(accuracy, core.effective_n(accuracy, accuracy_se, n_places)) AS accuracy_low,
    wilson_high(accuracy, core.effective_n(accuracy, accuracy_se, n_places)) AS accuracy_high
FROM measured
ORDER BY tolerance_years;

COMMENT ON VIEW validation_tolerance IS 'Share of samples dated right, for every tolerance, with its interval.';
COMMENT ON COLUMN validation_tolerance.tolerance_years IS 'Years by which a date may be off, years.';
COMMENT ON COLUMN validation_tolerance.accuracy IS 'Share of all samples dated within them, 0-1.';
COMMENT ON COLUMN validation_tolerance.n IS 'Number of samples.';
COMMENT ON COLUMN validation_tolerance.accuracy_low IS 'Lower end of its 95 % interval, 0-1.';
COMMENT ON COLUMN validation_tolerance.accuracy_high IS 'Upper end of its 95 % interval, 0-1.';
