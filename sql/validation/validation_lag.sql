-- validation_lag: how many years the map dates a change too late (or, below 0, too early).
--
-- Grain:   one row per lag_years that occurs; NULL where no transition was seen.
-- Reads:   validation_sample.
-- Caveat:  samples that are unchanged on the map have no lag and are left out.
-- Method:  docs/methods.md#validation (Xu et al. 2025, section 4.3, Figure A6b)
CREATE OR REPLACE VIEW validation_lag AS
SELECT
    lag_years,
    count(*) AS n,
    count(*) / sum(count(*)) OVER () AS share
FROM validation_sample
WHERE predicted_year IS NOT NULL
GROUP BY lag_years
ORDER BY lag_years;

COMMENT ON VIEW validation_lag IS
'How many years the map dates a change too late (or, below 0, too early).';
COMMENT ON COLUMN validation_lag.lag_years IS
'Predicted less reference year, years; NULL where no transition was seen.';
COMMENT ON COLUMN validation_lag.n IS 'Number of samples.';
COMMENT ON COLUMN validation_lag.share IS 'Share of all samples, 0-1.';
