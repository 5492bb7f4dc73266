-- core.validation_stratum: area on the map of what the samples were drawn from.
--
-- Grain:   one row per stratum.
-- Reads:   validation_sample, core.disturbance_step.
-- Caveat:  the area recorded with the sample counts; without it, this build's area of the changes of the kinds that
--          were sampled, of the whole step up to that year. Of unchanged pixels it must be recorded.
-- Method:  docs/methods.md#validation (Olofsson et al. 2014)
CREATE OR REPLACE VIEW core.validation_stratum AS
WITH sampled AS (
    SELECT
        stratum,
        predicted_year,
        predicted_year IS NULL AS is_unchanged,
        count(*) AS n_samples,
        max(stratum_km2) AS recorded_km2
    FROM main.validation_sample
    GROUP BY stratum, predicted_year
),

kind AS (
    SELECT
        bool_or(change IN ('disturbed', 'changed')) AS has_developed,
        bool_or(change IN ('reclaimed', 'changed')) AS has_reclaimed
    FROM main.validation_sample
)

SELECT
    sampled.stratum,
    sampled.is_unchanged,
    sampled.n_samples,
    coalesce(
        sampled.recorded_km2,
        CASE WHEN kind.has_developed THEN step.developed_km2 ELSE 0 END
        + CASE WHEN kind.has_reclaimed THEN step.reclaimed_km2 ELSE 0 END
    ) AS area_km2
FROM sampled
CROSS JOIN kind
LEFT JOIN core.disturbance_step AS step ON sampled.predicted_year = step.year_to
ORDER BY sampled.stratum;

COMMENT ON VIEW core.validation_stratum IS 'Area on the map of what the samples were drawn from.';
COMMENT ON COLUMN core.validation_stratum.stratum IS 'What was drawn from.';
COMMENT ON COLUMN core.validation_stratum.is_unchanged IS 'Whether it is that of unchanged pixels.';
COMMENT ON COLUMN core.validation_stratum.n_samples IS 'Number of samples.';
COMMENT ON COLUMN core.validation_stratum.area_km2 IS 'Its area on the map, km2; NULL where it is not known.';
