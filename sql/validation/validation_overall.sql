-- validation_overall: share of the changed area that the map dates right within the tolerance.
--
-- Grain:   one row; none without samples of change.
-- Reads:   validation_sample, core.validation_stratum, parameter.
-- Caveat:  accuracy weighs each stratum by its area on the map; sample_accuracy is the plain share that the study
--          gives, its interval with samples of one place as one. Unchanged pixels are not part of it. A standard
--          error needs two samples in every stratum.
-- Method:  docs/methods.md#validation (Olofsson et al. 2014, equations 1 and 5)
CREATE OR REPLACE VIEW validation_overall AS
WITH changed AS (
    SELECT
        stratum,
        longitude,
        latitude,
        is_right::INTEGER AS is_right,
        avg(is_right::INTEGER) OVER () AS sample_accuracy
    FROM validation_sample
    WHERE predicted_year IS NOT NULL
),

place AS (
    SELECT
        sum(is_right) - count(*) * any_value(sample_accuracy) AS error,
        count(*) AS n,
        any_value(sample_accuracy) AS sample_accuracy
    FROM changed
    GROUP BY longitude, latitude
),

plain AS (
    SELECT
        sum(n)::BIGINT AS n,
        count(*) AS n_places,
        any_value(sample_accuracy) AS sample_accuracy,
        sqrt(core.reproducible_sum(error * error) * count(*) / nullif(count(*) - 1, 0)) / sum(n) AS sample_se
    FROM place
),

weighed AS (
    SELECT
        count(*) = count(stratum.area_km2) AS is_known,
        min(stratum.n_samples) > 1 AS has_error,
        core.reproducible_sum(stratum.area_km2) AS area_km2,
        core.reproducible_sum(stratum.area_km2 * right_share) AS right_km2,
        core.reproducible_sum(
            stratum.area_km2 * stratum.area_km2 * right_share * (1 - right_share) / (stratum.n_samples - 1)
        ) AS variance,
        core.reproducible_sum(stratum.area_km2 * stratum.area_km2 / stratum.n_samples) AS kish_area
    FROM core.validation_stratum AS stratum
    INNER JOIN (
        SELECT
            stratum,
            avg(is_right) AS right_share
        FROM changed
        GROUP BY stratum
    ) AS judged ON stratum.stratum = judged.stratum
)

SELECT
    parameter.validation_tolerance_years AS tolerance_years,
    plain.n,
    plain.sample_accuracy,
    wilson_low(
        plain.sample_accuracy, core.effective_n(plain.sample_accuracy, plain.sample_se, plain.n_places)
    ) AS sample_low,
    wilson_high(
        plain.sample_accuracy, core.effective_n(plain.sample_accuracy, plain.sample_se, plain.n_places)
    ) AS sample_high,
    CASE WHEN weighed.is_known THEN weighed.right_km2 / weighed.area_km2 END AS accuracy,
    CASE WHEN weighed.is_known AND weighed.has_error THEN sqrt(weighed.variance) / weighed.area_km2 END AS accuracy_se,
    wilson_low(accuracy, core.effective_n(accuracy, accuracy_se, power(weighed.area_km2, 2) / weighed.kish_area))
        AS accuracy_low,
    wilson_high(accuracy, core.effective_n(accuracy, accuracy_se, power(weighed.area_km2, 2) / weighed.kish_area))
        AS accuracy_high
FROM plain
CROSS JOIN weighed
CROSS JOIN parameter
WHERE plain.n > 0;

COMMENT ON VIEW validation_overall IS
'Share of the changed area that the map dates right within the tolerance.';
COMMENT ON COLUMN validation_overall.tolerance_years IS 'Years by which a date may be off, years.';
COMMENT ON COLUMN validation_overall.n IS 'Number of samples.';
COMMENT ON COLUMN validation_overall.sample_accuracy IS 'Share of the samples that are right, 0-1.';
COMMENT ON COLUMN validation_overall.sample_low IS 'Lower end of its 95 % interval, 0-1.';
COMMENT ON COLUMN validation_overall.sample_high IS 'Upper end of its 95 % interval, 0-1.';
COMMENT ON COLUMN validation_overall.accuracy IS
'Share of the changed area that is right, 0-1; NULL where an area on the map is not known.';
COMMENT ON COLUMN validation_overall.accuracy_se IS
'Standard error of accuracy; NULL where a stratum has one sample only.';
COMMENT ON COLUMN validation_overall.accuracy_low IS 'Lower end of the 95 % interval of accuracy, 0-1.';
COMMENT ON COLUMN validation_overall.accuracy_high IS 'Upper end of the 95 % interval of accuracy, 0-1.';
