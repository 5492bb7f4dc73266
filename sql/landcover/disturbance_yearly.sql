-- disturbance_yearly: development, reclamation and the gap between them, all mines, by year.
--
-- Grain:   one row per year after the first epoch; 0 where nothing changed.
-- Reads:   core.landcover_year, core.disturbance_by_type, core.bare_surface_gap.
-- Caveat:  what changed between epochs several years apart is spread evenly over those years.
--          No value where the legend has no mine-related class, or no mine ever shows one: reason says which.
-- Method:  docs/methods.md#transitions (Xu et al. 2025, section 3.2 and Figure 6a)
CREATE OR REPLACE VIEW disturbance_yearly AS
SELECT
    calendar.year,
    CASE WHEN gap.reason IS NULL THEN coalesce(core.reproducible_sum(by_type.developed_km2), 0) END AS developed_km2,
    CASE WHEN gap.reason IS NULL THEN coalesce(core.reproducible_sum(by_type.reclaimed_km2), 0) END AS reclaimed_km2,
    CASE
        WHEN gap.reason IS NULL THEN coalesce(core.reproducible_sum(by_type.developed_km2 - by_type.reclaimed_km2), 0)
    END AS gap_km2,
    gap.reason
FROM core.landcover_year AS calendar
CROSS JOIN core.bare_surface_gap AS gap
LEFT JOIN core.disturbance_by_type AS by_type ON calendar.year = by_type.year
WHERE calendar.year > (SELECT min(first.year) FROM core.landcover_year AS first)
GROUP BY calendar.year, gap.reason
ORDER BY calendar.year;

COMMENT ON VIEW disturbance_yearly IS
'Development, reclamation and the gap between them, all mines, by year.';
COMMENT ON COLUMN disturbance_yearly.year IS 'Calendar year.';
COMMENT ON COLUMN disturbance_yearly.developed_km2 IS
'Area from vegetated to mine-related (DEV), km2, on the WGS84 ellipsoid.';
COMMENT ON COLUMN disturbance_yearly.reclaimed_km2 IS
'Area from mine-related to vegetated (REC), km2, on the WGS84 ellipsoid.';
COMMENT ON COLUMN disturbance_yearly.gap_km2 IS 'Disturbed minus reclaimed area, km2.';
COMMENT ON COLUMN disturbance_yearly.reason IS 'Why there is no value; NULL where there is one.';
