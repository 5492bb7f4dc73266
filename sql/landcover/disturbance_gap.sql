-- disturbance_gap: spread over the record of the gap between development and reclamation, by cover type.
--
-- Grain:   one row per cover_type with any change.
-- Reads:   core.landcover_disturbance, core.landcover_step, core.cover_type.
-- Caveat:  one value a pair of consecutive maps, by the year: five years between maps are one value, not one mean
--          five times. A pair without change has a gap of 0.
-- Method:  docs/methods.md#transitions (Xu et al. 2025, section 3.2 and Figure 6c)
CREATE OR REPLACE VIEW disturbance_gap AS
WITH cover AS (
    SELECT DISTINCT cover_type
    FROM core.landcover_disturbance
),

changed AS (
    SELECT
        cover_type,
        year_to,
        core.reproducible_sum(developed_km2 - reclaimed_km2) / (year_to - year_from) AS gap_km2
    FROM core.landcover_disturbance
    GROUP BY cover_type, year_from, year_to
),

stepped AS (
    SELECT
        cover.cover_type,
        coalesce(changed.gap_km2, 0) AS gap_km2
    FROM cover
    CROSS JOIN core.landcover_step AS step
    LEFT JOIN changed ON cover.cover_type = changed.cover_type AND step.year_to = changed.year_to
)

SELECT
    stepped.cover_type,
    cover_type.is_in_totals,
    count(*) AS n_steps,
    min(stepped.gap_km2) AS min_km2,
    quantile_cont(stepped.gap_km2, 0.25) AS q1_km2,
    quantile_cont(stepped.gap_km2, 0.5) AS median_km2,
    quantile_cont(stepped.gap_km2, 0.75) AS q3_km2,
    max(stepped.gap_km2) AS max_km2
FROM stepped
INNER JOIN core.cover_type ON stepped.cover_type = cover_type.cover_type
GROUP BY stepped.cover_type, cover_type.is_in_totals
ORDER BY stepped.cover_type;

COMMENT ON VIEW disturbance_gap IS
'Spread over the record of the gap between development and reclamation, by cover type.';
COMMENT ON COLUMN disturbance_gap.cover_type IS
'Cover type lost by development or won by reclamation.';
COMMENT ON COLUMN disturbance_gap.is_in_totals IS
'Whether totals over cover types count it (parameter cover_types_apart).';
COMMENT ON COLUMN disturbance_gap.n_steps IS 'Number of values: pairs of consecutive maps.';
COMMENT ON COLUMN disturbance_gap.min_km2 IS 'Smallest gap of a year, km2.';
COMMENT ON COLUMN disturbance_gap.q1_km2 IS 'Lower quartile, km2 a year.';
COMMENT ON COLUMN disturbance_gap.median_km2 IS 'Median, km2 a year.';
COMMENT ON COLUMN disturbance_gap.q3_km2 IS 'Upper quartile, km2 a year.';
COMMENT ON COLUMN disturbance_gap.max_km2 IS 'Largest gap of a year, km2.';
