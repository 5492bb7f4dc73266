-- core.disturbance_by_type: development and reclamation of all mines, by calendar year and cover type.
--
-- Grain:   one row per year, cover_type where either is above zero.
-- Reads:   core.landcover_disturbance, core.cover_type.
-- Stored:  yes, because it goes over the changes of every mine, and the views of the world sum it.
-- Method:  docs/methods.md#transitions
CREATE OR REPLACE VIEW core.disturbance_by_type AS
WITH yearly AS (
    SELECT
        unnest(range(year_from + 1, year_to + 1))::INTEGER AS year,
        cover_type,
        developed_km2 / (year_to - year_from) AS developed_km2,
        reclaimed_km2 / (year_to - year_from) AS reclaimed_km2,
        developed_dry_km2 / (year_to - year_from) AS developed_dry_km2,
        reclaimed_dry_km2 / (year_to - year_from) AS reclaimed_dry_km2
    FROM core.landcover_disturbance
)

SELECT
    yearly.year,
    yearly.cover_type,
    cover_type.is_in_totals,
    core.reproducible_sum(yearly.developed_km2) AS developed_km2,
    core.reproducible_sum(yearly.reclaimed_km2) AS reclaimed_km2,
    core.reproducible_sum(yearly.developed_dry_km2) AS developed_dry_km2,
    core.reproducible_sum(yearly.reclaimed_dry_km2) AS reclaimed_dry_km2
FROM yearly
INNER JOIN core.cover_type ON yearly.cover_type = cover_type.cover_type
GROUP BY yearly.year, yearly.cover_type, cover_type.is_in_totals
ORDER BY yearly.year, yearly.cover_type;

COMMENT ON VIEW core.disturbance_by_type IS
'Development and reclamation of all mines, by calendar year and cover type.';
COMMENT ON COLUMN core.disturbance_by_type.year IS 'Calendar year.';
COMMENT ON COLUMN core.disturbance_by_type.cover_type IS
'Cover type lost by development or won by reclamation.';
COMMENT ON COLUMN core.disturbance_by_type.is_in_totals IS
'Whether totals over cover types count it (parameter cover_types_apart).';
COMMENT ON COLUMN core.disturbance_by_type.developed_km2 IS
'Area from vegetated to mine-related (DEV), km2, on the WGS84 ellipsoid.';
COMMENT ON COLUMN core.disturbance_by_type.reclaimed_km2 IS
'Area from mine-related to vegetated (REC), km2, on the WGS84 ellipsoid.';
COMMENT ON COLUMN core.disturbance_by_type.developed_dry_km2 IS
'Of developed_km2, what did not become water, km2.';
COMMENT ON COLUMN core.disturbance_by_type.reclaimed_dry_km2 IS
'Of reclaimed_km2, what had not been water, km2.';
