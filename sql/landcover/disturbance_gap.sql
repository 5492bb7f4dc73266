-- disturbance_gap: spread over the years of the gap between development and reclamation, by cover type.
--
-- Grain:   one row per cover_type with any change.
-- Reads:   core.disturbance_by_type, core.landcover_year.
-- Caveat:  every year after the first epoch counts; one without change has a gap of 0.
-- Method:  docs/methods.md#transitions (Xu et al. 2025, section 3.2 and Figure A5)
CREATE OR REPLACE VIEW disturbance_gap AS
WITH cover AS (
    SELECT DISTINCT cover_type
    FROM core.disturbance_by_type
),

yearly AS (
    SELECT
        cover.cover_type,
        calendar.year,
        coalesce(core.reproducible_sum(by_type.developed_km2 - by_type.reclaimed_km2), 0) AS gap_km2
    FROM cover
    CROSS JOIN core.landcover_year AS calendar
    LEFT JOIN core.disturbance_by_type AS by_type
        ON cover.cover_type = by_type.cover_type AND calendar.year = by_type.year
    WHERE calendar.year > (SELECT min(first.year) FROM core.landcover_year AS first)
    GROUP BY cover.cover_type, calendar.year
)

SELECT
    cover_type,
    min(gap_km2) AS min_km2,
    quantile_cont(gap_km2, 0.25) AS q1_km2,
    quantile_cont(gap_km2, 0.5) AS median_km2,
    quantile_cont(gap_km2, 0.75) AS q3_km2,
    max(gap_km2) AS max_km2
FROM yearly
GROUP BY cover_type
ORDER BY cover_type;

COMMENT ON VIEW disturbance_gap IS
'Spread over the years of the gap between development and reclamation, by cover type.';
COMMENT ON COLUMN disturbance_gap.cover_type IS 'Cover type lost by development or won by reclamation.';
COMMENT ON COLUMN disturbance_gap.min_km2 IS 'Smallest yearly gap (disturbed minus reclaimed), km2.';
COMMENT ON COLUMN disturbance_gap.q1_km2 IS 'Lower quartile of the yearly gaps, km2.';
COMMENT ON COLUMN disturbance_gap.median_km2 IS 'Median of the yearly gaps, km2.';
COMMENT ON COLUMN disturbance_gap.q3_km2 IS 'Upper quartile of the yearly gaps, km2.';
COMMENT ON COLUMN disturbance_gap.max_km2 IS 'Largest yearly gap, km2.';
