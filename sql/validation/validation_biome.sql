-- validation_biome: share of samples dated right within the tolerance, by biome, with its interval.
--
-- Grain:   one row per biome; NULL where there is none or no biome layer was given.
-- Reads:   validation_sample.
-- Caveat:  a plain share of the samples of change: validation_overall weighs the years by their area. Samples of one
--          place count as one in the interval.
-- Method:  docs/methods.md#validation (Xu et al. 2025, Table A3)
CREATE OR REPLACE VIEW validation_biome AS
WITH place AS (
    SELECT
        biome,
        sum(is_right::INTEGER) AS n_right,
        count(*) AS n,
        sum(sum(is_right::INTEGER)) OVER whole / sum(count(*)) OVER whole AS accuracy
    FROM validation_sample
    WHERE predicted_year IS NOT NULL
    GROUP BY biome, longitude, latitude
    WINDOW whole AS (PARTITION BY biome)
),

measured AS (
    SELECT
        biome,
        sum(n)::BIGINT AS n,
        any_value(accuracy) AS accuracy,
        count(*) AS n_places,
        sqrt(
            core.reproducible_sum(power(n_right - n * accuracy, 2)) * count(*) / nullif(count(*) - 1, 0)
        ) / sum(n) AS accuracy_se
    FROM place
    GROUP BY biome
)

SELECT
    biome,
    n,
    accuracy,
    sqrt(n / nullif(n - 1, 0) * accuracy * (1 - accuracy)) AS sd,
    wilson_low(accuracy, core.effective_n(accuracy, accuracy_se, n_places)) AS accuracy_low,
    wilson_high(accuracy, core.effective_n(accuracy, accuracy_se, n_places)) AS accuracy_high
FROM measured
ORDER BY biome;

COMMENT ON VIEW validation_biome IS
'Share of samples dated right within the tolerance, by biome, with its interval.';
COMMENT ON COLUMN validation_biome.biome IS 'Name of the biome.';
COMMENT ON COLUMN validation_biome.n IS 'Number of samples.';
COMMENT ON COLUMN validation_biome.accuracy IS 'Share of them dated right, 0-1.';
COMMENT ON COLUMN validation_biome.sd IS
'Standard deviation of right (1) and wrong (0) between samples; NULL for a single one.';
COMMENT ON COLUMN validation_biome.accuracy_low IS 'Lower end of the 95 % interval of accuracy, 0-1.';
COMMENT ON COLUMN validation_biome.accuracy_high IS 'Upper end of the 95 % interval of accuracy, 0-1.';
