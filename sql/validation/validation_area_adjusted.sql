-- validation_area_adjusted: area and accuracy of each year's change, corrected by the samples.
--
-- Grain:   one row per year of the map or of the reference; NULL: no transition seen.
-- Reads:   core.validation_matrix, core.validation_stratum.
-- Caveat:  a year within the tolerance counts as the map's. A standard error is NULL where a stratum that it rests
--          on has one sample only.
--          A 95 % interval is 1.96 standard errors to either side.
-- Method:  docs/methods.md#validation (Olofsson et al. 2014, equations 6, 7, 10 and 11)
CREATE OR REPLACE VIEW validation_area_adjusted AS
WITH cell AS (
    SELECT
        map_year,
        reference_year,
        n,
        n_map,
        map_area_km2,
        n / n_map AS share,
        map_area_km2 * map_area_km2 * (n / n_map) * (1 - n / n_map) / nullif(n_map - 1, 0) AS variance
    FROM core.validation_matrix
),

reference AS (
    SELECT
        reference_year,
        sum(n)::BIGINT AS n_reference,
        core.reproducible_sum(map_area_km2 * share) AS area_km2,
        CASE WHEN min(n_map) > 1 THEN core.reproducible_sum(variance) END AS variance,
        CASE
            WHEN coalesce(min(n_map) FILTER (WHERE map_year IS DISTINCT FROM reference_year), 2) > 1
                THEN core.reproducible_sum(CASE WHEN map_year = reference_year THEN 0 ELSE variance END)
        END AS variance_elsewhere,
        count(*) > count(map_area_km2) AS is_unknown
    FROM cell
    GROUP BY reference_year
),

agreement AS (
    SELECT
        map_year,
        share,
        map_area_km2
    FROM cell
    WHERE map_year = reference_year
),

joined AS (
    SELECT
        coalesce(stratum.predicted_year, reference.reference_year) AS year,
        stratum.n_samples,
        stratum.map_area_km2,
        CASE WHEN stratum.n_samples > 0 THEN coalesce(agreement.share, 0) END AS users_accuracy,
        reference.n_reference,
        CASE WHEN reference.is_unknown THEN NULL ELSE reference.area_km2 END AS area_km2,
        CASE WHEN reference.is_unknown THEN NULL ELSE reference.variance END AS variance,
        reference.variance_elsewhere
    FROM core.validation_stratum AS stratum
    FULL JOIN reference ON stratum.predicted_year = reference.reference_year
    LEFT JOIN agreement ON stratum.predicted_year = agreement.map_year
),

measured AS (
    SELECT
        *,
        users_accuracy * (1 - users_accuracy) / nullif(n_samples - 1, 0) AS users_variance,
        coalesce(users_accuracy, 0) * coalesce(map_area_km2, 0) / nullif(area_km2, 0) AS producers_accuracy
    FROM joined
)

SELECT
    year,
    coalesce(n_samples, 0) AS n_map,
    coalesce(n_reference, 0) AS n_reference,
    map_area_km2,
    CASE WHEN n_reference IS NULL THEN 0 ELSE area_km2 END AS area_km2,
    CASE WHEN n_reference IS NULL THEN 0 ELSE sqrt(variance) END AS area_se_km2,
    users_accuracy,
    sqrt(users_variance) AS users_se,
    producers_accuracy,
    sqrt(
        coalesce(map_area_km2 * map_area_km2 * (1 - producers_accuracy) * (1 - producers_accuracy), 0)
        * CASE WHEN n_samples IS NULL THEN 0 ELSE users_variance END
        + producers_accuracy * producers_accuracy * variance_elsewhere
    ) / nullif(area_km2, 0) AS producers_se
FROM measured
ORDER BY year;

COMMENT ON VIEW validation_area_adjusted IS
'Area and accuracy of each year''s change, corrected by the samples.';
COMMENT ON COLUMN validation_area_adjusted.year IS 'Year of the change; NULL: no transition was seen.';
COMMENT ON COLUMN validation_area_adjusted.n_map IS 'Number of samples that the map dates so.';
COMMENT ON COLUMN validation_area_adjusted.n_reference IS
'Number of samples that interpreters date so, or within the tolerance of the map''s year so.';
COMMENT ON COLUMN validation_area_adjusted.map_area_km2 IS 'Area on the map, km2.';
COMMENT ON COLUMN validation_area_adjusted.area_km2 IS
'Area by the stratified estimator, km2; NULL where an area on the map is not known.';
COMMENT ON COLUMN validation_area_adjusted.area_se_km2 IS 'Standard error of area_km2, km2.';
COMMENT ON COLUMN validation_area_adjusted.users_accuracy IS
'Share of what the map dates so that is right, 0-1.';
COMMENT ON COLUMN validation_area_adjusted.users_se IS 'Standard error of users_accuracy.';
COMMENT ON COLUMN validation_area_adjusted.producers_accuracy IS
'Share of what is so that the map dates so, 0-1, by area.';
COMMENT ON COLUMN validation_area_adjusted.producers_se IS 'Standard error of producers_accuracy.';
