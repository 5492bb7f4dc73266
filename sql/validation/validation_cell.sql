-- core.validation_cell: shares of each stratum's samples that map and reference put into each class.
--
-- Grain:   one row per by_year, change, year (a class) and stratum, those without a sample of the class included.
-- Reads:   core.validation_matrix, core.validation_stratum.
-- Method:  docs/methods.md#validation (Stehman 2014, section 3)
CREATE OR REPLACE VIEW core.validation_cell AS
WITH class AS (
    SELECT
        by_year,
        map_change AS change,
        map_year AS year
    FROM core.validation_matrix
    UNION
    SELECT
        by_year,
        reference_change AS change,
        reference_year AS year
    FROM core.validation_matrix
),

counted AS (
    SELECT
        class.by_year,
        class.change,
        class.year,
        matrix.stratum,
        sum(CASE WHEN matrix.map_change = class.change AND matrix.map_year IS NOT DISTINCT FROM class.year THEN n END)
            AS n_map,
        sum(
            CASE
                WHEN
                    matrix.reference_change = class.change AND matrix.reference_year IS NOT DISTINCT FROM class.year
                    THEN n
            END
        ) AS n_reference,
        sum(
            CASE
                WHEN
                    matrix.map_change = class.change AND matrix.map_year IS NOT DISTINCT FROM class.year
                    AND matrix.reference_change = class.change
                    AND matrix.reference_year IS NOT DISTINCT FROM class.year
                    THEN n
            END
        ) AS n_both
    FROM class
    INNER JOIN core.validation_matrix AS matrix ON class.by_year = matrix.by_year
    GROUP BY class.by_year, class.change, class.year, matrix.stratum
)

SELECT
    counted.by_year,
    counted.change,
    counted.year,
    counted.stratum,
    stratum.n_samples,
    stratum.area_km2,
    coalesce(counted.n_map, 0)::BIGINT AS n_map,
    coalesce(counted.n_reference, 0)::BIGINT AS n_reference,
    coalesce(counted.n_map, 0) / stratum.n_samples AS map_share,
    coalesce(counted.n_reference, 0) / stratum.n_samples AS reference_share,
    coalesce(counted.n_both, 0) / stratum.n_samples AS both_share
FROM counted
INNER JOIN core.validation_stratum AS stratum ON counted.stratum = stratum.stratum;

COMMENT ON VIEW core.validation_cell IS
'Shares of each stratum''s samples that map and reference put into each class.';
COMMENT ON COLUMN core.validation_cell.by_year IS 'Whether classes are kinds and years, or kinds alone.';
COMMENT ON COLUMN core.validation_cell.change IS 'Kind of change of the class.';
COMMENT ON COLUMN core.validation_cell.year IS 'Year of the class.';
COMMENT ON COLUMN core.validation_cell.stratum IS 'What the samples were drawn from.';
COMMENT ON COLUMN core.validation_cell.n_samples IS 'Samples of the stratum.';
COMMENT ON COLUMN core.validation_cell.area_km2 IS 'Area of the stratum on the map, km2.';
COMMENT ON COLUMN core.validation_cell.n_map IS 'Of them in the class by the map.';
COMMENT ON COLUMN core.validation_cell.n_reference IS 'Of them in the class by the reference.';
COMMENT ON COLUMN core.validation_cell.map_share IS 'Share in the class by the map, 0-1.';
COMMENT ON COLUMN core.validation_cell.reference_share IS 'Share in the class by the reference, 0-1.';
COMMENT ON COLUMN core.validation_cell.both_share IS 'Share in the class by both, 0-1.';
