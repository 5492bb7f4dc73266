-- core.disturbance_step: development and reclamation of all mines between consecutive maps, as the step's whole.
--
-- Grain:   one row per pair of consecutive maps.
-- Reads:   core.landcover_step, core.landcover_disturbance, core.cover_type.
-- Caveat:  cover types that stand apart are left out. disturbance_yearly spreads a step over its years.
-- Method:  docs/methods.md#transitions
CREATE OR REPLACE VIEW core.disturbance_step AS
WITH change AS (
    SELECT
        disturbance.year_to,
        core.reproducible_sum(disturbance.developed_km2) AS developed_km2,
        core.reproducible_sum(disturbance.reclaimed_km2) AS reclaimed_km2
    FROM core.landcover_disturbance AS disturbance
    INNER JOIN core.cover_type ON disturbance.cover_type = cover_type.cover_type
    WHERE cover_type.is_in_totals
    GROUP BY disturbance.year_to
)

SELECT
    step.year_from,
    step.year_to,
    coalesce(change.developed_km2, 0) AS developed_km2,
    coalesce(change.reclaimed_km2, 0) AS reclaimed_km2
FROM core.landcover_step AS step
LEFT JOIN change ON step.year_to = change.year_to
ORDER BY step.year_to;

COMMENT ON VIEW core.disturbance_step IS
'Development and reclamation of all mines between consecutive maps, as the step''s whole.';
COMMENT ON COLUMN core.disturbance_step.year_from IS 'Year of the earlier map.';
COMMENT ON COLUMN core.disturbance_step.year_to IS 'Year of the later map.';
COMMENT ON COLUMN core.disturbance_step.developed_km2 IS
'Area from vegetated to mine-related (DEV), km2, on the WGS84 ellipsoid.';
COMMENT ON COLUMN core.disturbance_step.reclaimed_km2 IS
'Area from mine-related to vegetated (REC), km2, on the WGS84 ellipsoid.';
