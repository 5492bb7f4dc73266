-- core.validation_matrix: error matrix by stratum, by kind and year of change and by kind alone.
--
-- Grain:   one row per by_year, stratum, map class and reference class that occurs; a class is a change and a year.
-- Reads:   validation_sample, raw.landcover_epoch.
-- Caveat:  a year within the tolerance counts as the map's. By kind alone a transition counts in whichever year of the
--          record it was seen; one before the first map or after the last is none.
-- Method:  docs/methods.md#validation (Olofsson et al. 2014, Table 8)
CREATE OR REPLACE VIEW core.validation_matrix AS
WITH record AS (
    SELECT
        min(year) AS first_year,
        max(year) AS last_year
    FROM raw.landcover_epoch
),

judged AS (
    SELECT
        TRUE AS by_year,
        stratum,
        change AS map_change,
        predicted_year AS map_year,
        CASE WHEN is_right THEN change ELSE reference_change END AS reference_change,
        CASE WHEN is_right THEN predicted_year ELSE reference_year END AS reference_year
    FROM main.validation_sample

    UNION ALL

    SELECT
        FALSE AS by_year,
        sample.stratum,
        sample.change AS map_change,
        NULL AS map_year,
        CASE
            WHEN sample.is_right THEN sample.change
            WHEN sample.reference_year <= record.first_year OR sample.reference_year > record.last_year THEN 'unchanged'
            ELSE sample.reference_change
        END AS reference_change,
        NULL AS reference_year
    FROM main.validation_sample AS sample
    CROSS JOIN record
)

SELECT
    by_year,
    stratum,
    map_change,
    map_year,
    reference_change,
    reference_year,
    count(*) AS n
FROM judged
GROUP BY by_year, stratum, map_change, map_year, reference_change, reference_year;

COMMENT ON VIEW core.validation_matrix IS
'Error matrix by stratum, by kind and year of change and by kind alone.';
COMMENT ON COLUMN core.validation_matrix.by_year IS 'Whether classes are kinds and years, or kinds alone.';
COMMENT ON COLUMN core.validation_matrix.stratum IS 'What the samples were drawn from.';
COMMENT ON COLUMN core.validation_matrix.map_change IS 'Kind of change on the map.';
COMMENT ON COLUMN core.validation_matrix.map_year IS 'Year on the map.';
COMMENT ON COLUMN core.validation_matrix.reference_change IS 'Kind of change that the interpreter saw.';
COMMENT ON COLUMN core.validation_matrix.reference_year IS 'Year that the interpreter saw.';
COMMENT ON COLUMN core.validation_matrix.n IS 'Number of samples.';
