-- validation_overall: share of the changed area that the map dates right within the tolerance.
--
-- Grain:   one row; none without samples.
-- Reads:   core.validation_matrix, core.validation_stratum, parameter.
-- Caveat:  accuracy weighs each year by its area on the map; sample_accuracy is the plain share that
--          the study gives. A standard error needs two samples in every year.
-- Method:  docs/methods.md#validation (Olofsson et al. 2014, equations 1 and 5)
CREATE OR REPLACE VIEW validation_overall AS
WITH agreed AS (
    SELECT
        map_year,
        n
    FROM core.validation_matrix
    WHERE map_year = reference_year
),

stratum AS (
    SELECT
        validation_stratum.n_samples,
        coalesce(agreed.n, 0) AS n_right,
        coalesce(agreed.n, 0) / validation_stratum.n_samples AS share,
        validation_stratum.map_area_km2
        / (SELECT core.reproducible_sum(whole.map_area_km2) FROM core.validation_stratum AS whole) AS weight
    FROM core.validation_stratum
    LEFT JOIN agreed ON validation_stratum.predicted_year = agreed.map_year
)

SELECT
    any_value(parameter.validation_tolerance_years) AS tolerance_years,
    sum(stratum.n_samples)::BIGINT AS n,
    sum(stratum.n_right) / sum(stratum.n_samples) AS sample_accuracy,
    CASE
        WHEN count(*) = count(stratum.weight) THEN core.reproducible_sum(stratum.weight * stratum.share)
    END AS accuracy,
    CASE
        WHEN count(*) = count(stratum.weight) AND min(stratum.n_samples) > 1 THEN sqrt(core.reproducible_sum(
            stratum.weight * stratum.weight * stratum.share * (1 - stratum.share) / (stratum.n_samples - 1)
        ))
    END AS accuracy_se
FROM stratum
CROSS JOIN parameter
HAVING count(*) > 0;

COMMENT ON VIEW validation_overall IS
'Share of the changed area that the map dates right within the tolerance.';
COMMENT ON COLUMN validation_overall.tolerance_years IS 'Years by which a date may be off, years.';
COMMENT ON COLUMN validation_overall.n IS 'Number of samples.';
COMMENT ON COLUMN validation_overall.sample_accuracy IS 'Share of the samples that are right, 0-1.';
COMMENT ON COLUMN validation_overall.accuracy IS
'Share of the changed area that is right, 0-1; NULL where an area on the map is not known.';
COMMENT ON COLUMN validation_overall.accuracy_se IS
'Standard error of accuracy; NULL where a year has one sample only.';
