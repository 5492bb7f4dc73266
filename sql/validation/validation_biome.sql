-- validation_biome: share of samples dated right within the tolerance, by biome.
--
-- Grain:   one row per biome; NULL where there is none or no biome layer was given.
-- Reads:   core.validation_sample, parameter.
-- Caveat:  a plain share of the samples: validation_overall weighs the years by their area.
-- Method:  docs/methods.md#validation (Xu et al. 2025, Table A3)
CREATE OR REPLACE VIEW validation_biome AS
WITH judged AS (
    SELECT
        validation_sample.biome,
        (coalesce(abs(validation_sample.lag_years) <= parameter.validation_tolerance_years, FALSE))::INTEGER
            AS is_right
    FROM core.validation_sample
    CROSS JOIN parameter
)

SELECT
    biome,
    count(*) AS n,
    avg(is_right) AS accuracy,
    stddev_samp(is_right) AS sd
FROM judged
GROUP BY biome
ORDER BY biome;

COMMENT ON VIEW validation_biome IS 'Share of samples dated right within the tolerance, by biome.';
COMMENT ON COLUMN validation_biome.biome IS 'Name of the biome.';
COMMENT ON COLUMN validation_biome.n IS 'Number of samples.';
COMMENT ON COLUMN validation_biome.accuracy IS 'Share of them dated right, 0-1.';
COMMENT ON COLUMN validation_biome.sd IS
'Standard deviation of right (1) and wrong (0) between samples; NULL for a single one.';
