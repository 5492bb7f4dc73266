-- disturbance_yearly: development, reclamation and the gap between them, all mines, by year.
--
-- Grain:   one row per year after the first epoch; 0 where nothing changed.
-- Reads:   core.landcover_year, core.disturbance_by_type, core.bare_surface_gap.
-- Caveat:  what changed between epochs several years apart is spread evenly over those years.
--          Totals are over the study's five cover types; those that stand apart (cover_types_apart: wetlands) have
--          columns of their own.
--          No value where the legend has no mine-related class, or no mine ever shows one: reason says which.
-- Method:  docs/methods.md#transitions (Xu et al. 2025, section 3.2 and Figure 6a)
CREATE OR REPLACE VIEW disturbance_yearly AS
WITH summed AS (
    SELECT
        year,
        core.reproducible_sum(CASE WHEN is_in_totals THEN developed_km2 END) AS developed_km2,
        core.reproducible_sum(CASE WHEN is_in_totals THEN reclaimed_km2 END) AS reclaimed_km2,
        core.reproducible_sum(CASE WHEN is_in_totals THEN developed_km2 - reclaimed_km2 END) AS gap_km2,
        core.reproducible_sum(CASE WHEN is_in_totals THEN developed_dry_km2 END) AS developed_dry_km2,
        core.reproducible_sum(CASE WHEN is_in_totals THEN reclaimed_dry_km2 END) AS reclaimed_dry_km2,
        core.reproducible_sum(CASE WHEN NOT is_in_totals THEN developed_km2 END) AS developed_apart_km2,
        core.reproducible_sum(CASE WHEN NOT is_in_totals THEN reclaimed_km2 END) AS reclaimed_apart_km2
    FROM core.disturbance_by_type
    GROUP BY year
)

SELECT
    calendar.year,
    CASE WHEN gap.reason IS NULL THEN coalesce(summed.developed_km2, 0) END AS developed_km2,
    CASE WHEN gap.reason IS NULL THEN coalesce(summed.reclaimed_km2, 0) END AS reclaimed_km2,
    CASE WHEN gap.reason IS NULL THEN coalesce(summed.gap_km2, 0) END AS gap_km2,
    CASE WHEN gap.reason IS NULL THEN coalesce(summed.developed_dry_km2, 0) END AS developed_dry_km2,
    CASE WHEN gap.reason IS NULL THEN coalesce(summed.reclaimed_dry_km2, 0) END AS reclaimed_dry_km2,
    CASE WHEN gap.reason IS NULL THEN coalesce(summed.developed_apart_km2, 0) END AS developed_apart_km2,
    CASE WHEN gap.reason IS NULL THEN coalesce(summed.reclaimed_apart_km2, 0) END AS reclaimed_apart_km2,
    gap.reason
FROM core.landcover_year AS calendar
CROSS JOIN core.bare_surface_gap AS gap
LEFT JOIN summed ON calendar.year = summed.year
WHERE calendar.year > (SELECT min(first.year) FROM core.landcover_year AS first)
ORDER BY calendar.year;

COMMENT ON VIEW disturbance_yearly IS
'Development, reclamation and the gap between them, all mines, by year.';
COMMENT ON COLUMN disturbance_yearly.year IS 'Calendar year.';
COMMENT ON COLUMN disturbance_yearly.developed_km2 IS
'Area from vegetated to mine-related (DEV), km2, on the WGS84 ellipsoid.';
COMMENT ON COLUMN disturbance_yearly.reclaimed_km2 IS
'Area from mine-related to vegetated (REC), km2, on the WGS84 ellipsoid.';
COMMENT ON COLUMN disturbance_yearly.gap_km2 IS 'Developed less reclaimed area, km2.';
COMMENT ON COLUMN disturbance_yearly.developed_dry_km2 IS
'Development without water: of developed_km2, what did not become water, km2.';
COMMENT ON COLUMN disturbance_yearly.reclaimed_dry_km2 IS
'Of reclaimed_km2, what had not been water, km2.';
COMMENT ON COLUMN disturbance_yearly.developed_apart_km2 IS
'Development of cover types that stand apart, in no other column, km2.';
COMMENT ON COLUMN disturbance_yearly.reclaimed_apart_km2 IS
'Reclamation to cover types that stand apart, in no other column, km2.';
COMMENT ON COLUMN disturbance_yearly.reason IS 'Why there is no value; NULL where there is one.';
