-- core.validation_matrix: error matrix of the years, a year within the tolerance counted as the map's.
--
-- Grain:   one row per map_year, reference_year that occurs; NULL: no transition.
-- Reads:   core.validation_sample, core.validation_stratum, parameter.
-- Method:  docs/methods.md#validation (Olofsson et al. 2014, Table 8)
CREATE OR REPLACE VIEW core.validation_matrix AS
WITH judged AS (
    SELECT
        validation_sample.predicted_year AS map_year,
        CASE
            WHEN abs(validation_sample.lag_years) <= parameter.validation_tolerance_years
                THEN validation_sample.predicted_year
            ELSE validation_sample.reference_year
        END AS reference_year
    FROM core.validation_sample
    CROSS JOIN main.parameter
)

SELECT
    judged.map_year,
    judged.reference_year,
    count(*) AS n,
    stratum.n_samples AS n_map,
    stratum.map_area_km2
FROM judged
INNER JOIN core.validation_stratum AS stratum ON judged.map_year = stratum.predicted_year
GROUP BY judged.map_year, judged.reference_year, stratum.n_samples, stratum.map_area_km2;

COMMENT ON VIEW core.validation_matrix IS
'Error matrix of the years, a year within the tolerance counted as the map''s.';
COMMENT ON COLUMN core.validation_matrix.map_year IS 'Year on the map: the stratum.';
COMMENT ON COLUMN core.validation_matrix.reference_year IS 'Year of the reference; NULL: none seen.';
COMMENT ON COLUMN core.validation_matrix.n IS 'Number of samples.';
COMMENT ON COLUMN core.validation_matrix.n_map IS 'Number of samples of that map year.';
COMMENT ON COLUMN core.validation_matrix.map_area_km2 IS 'Area of that map year, km2.';
