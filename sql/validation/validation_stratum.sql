-- core.validation_stratum: area on the map of each year that samples were drawn from.
--
-- Grain:   one row per predicted_year with samples.
-- Reads:   core.validation_sample, disturbance_yearly.
-- Caveat:  the area recorded with the sample counts; without it, this build's area of that year's
--          changes of the kinds that were sampled.
-- Method:  docs/methods.md#validation (Olofsson et al. 2014)
CREATE OR REPLACE VIEW core.validation_stratum AS
WITH sampled AS (
    SELECT
        predicted_year,
        count(*) AS n_samples,
        max(stratum_km2) AS recorded_km2
    FROM core.validation_sample
    GROUP BY predicted_year
),

kind AS (
    SELECT
        bool_or(change = 'disturbed' OR change IS NULL) AS has_developed,
        bool_or(change = 'reclaimed' OR change IS NULL) AS has_reclaimed
    FROM core.validation_sample
)

SELECT
    sampled.predicted_year,
    sampled.n_samples,
    coalesce(
        sampled.recorded_km2,
        CASE WHEN kind.has_developed THEN disturbance_yearly.developed_km2 ELSE 0 END
        + CASE WHEN kind.has_reclaimed THEN disturbance_yearly.reclaimed_km2 ELSE 0 END
    ) AS map_area_km2
FROM sampled
CROSS JOIN kind
LEFT JOIN main.disturbance_yearly ON sampled.predicted_year = disturbance_yearly.year;

COMMENT ON VIEW core.validation_stratum IS
'Area on the map of each year that samples were drawn from.';
COMMENT ON COLUMN core.validation_stratum.predicted_year IS 'Year of the change on the map.';
COMMENT ON COLUMN core.validation_stratum.n_samples IS 'Number of samples.';
COMMENT ON COLUMN core.validation_stratum.map_area_km2 IS
'Area that changed in that year, km2; NULL where it is not known.';
