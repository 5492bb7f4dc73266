-- continent_disturbance_yearly: development and reclamation by continent, year and cover type.
--
-- Grain:   one row per continent, year, cover_type where either is above zero.
-- Reads:   core.region_disturbance.
-- Layers:  continent.
-- Caveat:  mines are split where continents meet, as in region_yearly. Sum the rows with is_in_totals for all of a
--          continent.
-- Method:  docs/methods.md#transitions (Xu et al. 2025, section 3.2 and Figure A4)
CREATE OR REPLACE VIEW continent_disturbance_yearly AS
SELECT
    region_id AS continent,
    year,
    cover_type,
    developed_km2,
    reclaimed_km2,
    developed_km2 - reclaimed_km2 AS gap_km2,
    is_in_totals,
    developed_dry_km2,
    reclaimed_dry_km2
FROM core.region_disturbance
WHERE layer = 'continent'
ORDER BY region_id, year, cover_type;

COMMENT ON VIEW continent_disturbance_yearly IS
'Development and reclamation by continent, year and cover type.';
COMMENT ON COLUMN continent_disturbance_yearly.continent IS 'Name of the continent.';
COMMENT ON COLUMN continent_disturbance_yearly.year IS 'Calendar year.';
COMMENT ON COLUMN continent_disturbance_yearly.cover_type IS
'Cover type lost by development or won by reclamation.';
COMMENT ON COLUMN continent_disturbance_yearly.developed_km2 IS
'Area from vegetated to mine-related (DEV), km2, on the WGS84 ellipsoid.';
COMMENT ON COLUMN continent_disturbance_yearly.reclaimed_km2 IS
'Area from mine-related to vegetated (REC), km2, on the WGS84 ellipsoid.';
COMMENT ON COLUMN continent_disturbance_yearly.gap_km2 IS 'Developed less reclaimed area, km2.';
COMMENT ON COLUMN continent_disturbance_yearly.is_in_totals IS
'Whether totals over cover types count it (parameter cover_types_apart).';
COMMENT ON COLUMN continent_disturbance_yearly.developed_dry_km2 IS
'Development without water: of developed_km2, what did not become water, km2.';
COMMENT ON COLUMN continent_disturbance_yearly.reclaimed_dry_km2 IS
'Of reclaimed_km2, what had not been water, km2.';
