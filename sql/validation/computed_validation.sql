-- core.computed_validation: this build's validation, named as the study names its figures.
--
-- Grain:   one row per scope, name, metric.
-- Reads:   validation_biome, validation_tolerance, validation_sample.
-- Caveat:  biomes are spelled with an ampersand in the ecoregions and with "and" in the study.
-- Method:  docs/methods.md#published-figures
CREATE OR REPLACE VIEW core.computed_validation AS
WITH biome AS (
    SELECT
        replace(biome, '&', 'and') AS name,
        n::DOUBLE AS samples,
        accuracy,
        sd AS accuracy_sd
    FROM main.validation_biome
    WHERE biome IS NOT NULL
),

sample AS (
    SELECT
        count(*)::DOUBLE AS samples,
        count(DISTINCT predicted_year)::DOUBLE AS sampled_years,
        count(*) / count(DISTINCT predicted_year) AS samples_per_year,
        count(*) FILTER (reference_year < 1985)::DOUBLE AS pre_1985_samples
    FROM main.validation_sample
    WHERE predicted_year IS NOT NULL
    HAVING count(*) > 0
)

SELECT
    'biome' AS scope,
    name,
    metric,
    computed
FROM biome
UNPIVOT (computed FOR metric IN (samples, accuracy, accuracy_sd))

UNION ALL

SELECT
    'world' AS scope,
    'World' AS name,
    concat('accuracy_within_', tolerance_years, '_years') AS metric,
    100 * accuracy AS computed
FROM main.validation_tolerance

UNION ALL

SELECT
    'world' AS scope,
    'World' AS name,
    metric,
    computed
FROM sample
UNPIVOT (computed FOR metric IN (samples, sampled_years, samples_per_year, pre_1985_samples));

COMMENT ON VIEW core.computed_validation IS
'This build''s validation, named as the study names its figures.';
COMMENT ON COLUMN core.computed_validation.scope IS 'biome or world.';
COMMENT ON COLUMN core.computed_validation.name IS 'Which one.';
COMMENT ON COLUMN core.computed_validation.metric IS 'What was measured.';
COMMENT ON COLUMN core.computed_validation.computed IS 'The figure: number, share or percent.';
