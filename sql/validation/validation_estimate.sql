-- core.validation_estimate: area and accuracy of each class with standard errors, strata weighed by their area.
--
-- Grain:   one row per by_year, change, year.
-- Reads:   core.validation_cell.
-- Caveat:  strata need not be classes (a year's stratum holds both kinds): accuracies are ratios of two estimates. A
--          standard error is NULL where a stratum with the class has one sample only. The interval of an area is
--          put together from Wilson's of each stratum, so that a class never seen in fifty samples of a large
--          stratum is not taken for absent there.
-- Method:  docs/methods.md#intervals (Olofsson et al. 2014, equations 6, 7, 10 and 11; Stehman 2014, equations 3, 25
--          and 28; Zou and Donner 2008)
CREATE OR REPLACE VIEW core.validation_estimate AS
WITH summed AS (
    SELECT
        by_year,
        change,
        year,
        sum(n_map)::BIGINT AS n_map,
        sum(n_reference)::BIGINT AS n_reference,
        bool_and(area_km2 IS NOT NULL OR (n_map = 0 AND n_reference = 0)) AS is_known,
        core.reproducible_sum(area_km2 * map_share) AS map_km2,
        core.reproducible_sum(area_km2 * reference_share) AS reference_km2,
        core.reproducible_sum(area_km2 * both_share) AS both_km2,
        -- Kish's number: samples weigh as the area that each stands for.
        power(core.reproducible_sum(area_km2 * map_share), 2)
        / nullif(core.reproducible_sum(area_km2 * area_km2 * map_share / n_samples), 0) AS kish_map,
        power(core.reproducible_sum(area_km2 * reference_share), 2)
        / nullif(core.reproducible_sum(area_km2 * area_km2 * reference_share / n_samples), 0) AS kish_reference,
        sqrt(core.reproducible_sum(power(
            area_km2 * (wilson_high(reference_share, n_samples) - reference_share), 2
        ))) AS above_km2,
        sqrt(core.reproducible_sum(power(
            area_km2 * (reference_share - wilson_low(reference_share, n_samples)), 2
        ))) AS below_km2
    FROM core.validation_cell
    GROUP BY by_year, change, year
),

ratio AS (
    SELECT
        *,
        both_km2 / nullif(map_km2, 0) AS users_accuracy,
        both_km2 / nullif(reference_km2, 0) AS producers_accuracy
    FROM summed
),

spread AS (
    SELECT
        cell.by_year,
        cell.change,
        cell.year,
        core.reproducible_sum(scale * cell.reference_share * (1 - cell.reference_share)) AS area_variance,
        core.reproducible_sum(scale * (
            cell.both_share * (1 - cell.both_share)
            + power(ratio.users_accuracy, 2) * cell.map_share * (1 - cell.map_share)
            - 2 * ratio.users_accuracy * cell.both_share * (1 - cell.map_share)
        )) / power(any_value(ratio.map_km2), 2) AS users_variance,
        core.reproducible_sum(scale * (
            cell.both_share * (1 - cell.both_share)
            + power(ratio.producers_accuracy, 2) * cell.reference_share * (1 - cell.reference_share)
            - 2 * ratio.producers_accuracy * cell.both_share * (1 - cell.reference_share)
        )) / power(any_value(ratio.reference_km2), 2) AS producers_variance,
        coalesce(min(cell.n_samples) FILTER (cell.n_map > 0), 2) > 1 AS has_map_error,
        coalesce(min(cell.n_samples) FILTER (cell.n_reference > 0), 2) > 1 AS has_reference_error
    FROM (
        SELECT
            *,
            area_km2 * area_km2 / greatest(n_samples - 1, 1) AS scale
        FROM core.validation_cell
    ) AS cell
    INNER JOIN ratio
        ON
            cell.by_year = ratio.by_year
            AND cell.change = ratio.change
            AND cell.year IS NOT DISTINCT FROM ratio.year
    GROUP BY cell.by_year, cell.change, cell.year
),

measured AS (
    SELECT
        ratio.*,
        CASE WHEN spread.has_reference_error THEN sqrt(greatest(spread.area_variance, 0)) END AS area_se_km2,
        CASE
            WHEN spread.has_map_error AND ratio.users_accuracy IS NOT NULL
                THEN sqrt(greatest(spread.users_variance, 0))
        END AS users_se,
        CASE
            WHEN spread.has_reference_error AND ratio.producers_accuracy IS NOT NULL
                THEN sqrt(greatest(spread.producers_variance, 0))
        END AS producers_se
    FROM ratio
    INNER JOIN spread
        ON
            ratio.by_year = spread.by_year
            AND ratio.change = spread.change
            AND ratio.year IS NOT DISTINCT FROM spread.year
)

SELECT
    by_year,
    change,
    year,
    n_map,
    n_reference,
    CASE WHEN is_known THEN map_km2 END AS map_area_km2,
    CASE WHEN is_known THEN reference_km2 END AS area_km2,
    CASE WHEN is_known THEN area_se_km2 END AS area_se_km2,
    CASE WHEN is_known THEN greatest(reference_km2 - below_km2, 0) END AS area_low_km2,
    CASE WHEN is_known THEN reference_km2 + above_km2 END AS area_high_km2,
    CASE WHEN is_known THEN users_accuracy END AS users_accuracy,
    CASE WHEN is_known THEN users_se END AS users_se,
    CASE WHEN is_known THEN core.effective_n(users_accuracy, users_se, kish_map) END AS users_n,
    CASE WHEN is_known THEN producers_accuracy END AS producers_accuracy,
    CASE WHEN is_known THEN producers_se END AS producers_se,
    CASE WHEN is_known THEN core.effective_n(producers_accuracy, producers_se, kish_reference) END AS producers_n
FROM measured;

COMMENT ON VIEW core.validation_estimate IS
'Area and accuracy of each class with standard errors, strata weighed by their area.';
COMMENT ON COLUMN core.validation_estimate.by_year IS 'Whether classes are kinds and years, or kinds alone.';
COMMENT ON COLUMN core.validation_estimate.change IS 'Kind of change of the class.';
COMMENT ON COLUMN core.validation_estimate.year IS 'Year of the class.';
COMMENT ON COLUMN core.validation_estimate.n_map IS 'Samples in the class by the map.';
COMMENT ON COLUMN core.validation_estimate.n_reference IS 'Samples in the class by the reference.';
COMMENT ON COLUMN core.validation_estimate.map_area_km2 IS 'Area of the class on the map, km2.';
COMMENT ON COLUMN core.validation_estimate.area_km2 IS
'Area by the stratified estimator, km2; NULL where an area on the map is not known.';
COMMENT ON COLUMN core.validation_estimate.area_se_km2 IS 'Standard error of area_km2, km2.';
COMMENT ON COLUMN core.validation_estimate.area_low_km2 IS 'Lower end of its 95 % interval, km2.';
COMMENT ON COLUMN core.validation_estimate.area_high_km2 IS 'Upper end of its 95 % interval, km2.';
COMMENT ON COLUMN core.validation_estimate.users_accuracy IS
'Share of what the map puts into the class that is right, 0-1.';
COMMENT ON COLUMN core.validation_estimate.users_se IS 'Standard error of users_accuracy.';
COMMENT ON COLUMN core.validation_estimate.users_n IS 'Effective number of samples behind it.';
COMMENT ON COLUMN core.validation_estimate.producers_accuracy IS
'Share of what is in the class that the map puts there, 0-1, by area.';
COMMENT ON COLUMN core.validation_estimate.producers_se IS 'Standard error of producers_accuracy.';
COMMENT ON COLUMN core.validation_estimate.producers_n IS 'Effective number of samples behind it.';
