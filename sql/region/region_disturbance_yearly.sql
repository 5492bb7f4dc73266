-- region_disturbance_yearly: development and reclamation in every region, by year and cover type.
--
-- Grain:   one row per layer, region_id, year, cover_type where either is above zero.
-- Reads:   core.region_disturbance, core.region_shape.
-- Caveat:  sum the rows with is_in_totals for all of a region: those are developed_km2 and reclaimed_km2 of
--          region_yearly, which also has the years without any.
-- Method:  docs/methods.md#transitions (Xu et al. 2025, section 3.2)
CREATE OR REPLACE VIEW region_disturbance_yearly AS
SELECT
    disturbance.layer,
    disturbance.region_id,
    region.region_name,
    disturbance.year,
    disturbance.cover_type,
    disturbance.developed_km2,
    disturbance.reclaimed_km2,
    disturbance.developed_km2 - disturbance.reclaimed_km2 AS gap_km2,
    disturbance.is_in_totals,
    disturbance.developed_dry_km2,
    disturbance.reclaimed_dry_km2
FROM core.region_disturbance AS disturbance
INNER JOIN core.region_shape AS region
    ON disturbance.layer = region.layer AND disturbance.region_id = region.region_id
ORDER BY disturbance.layer, disturbance.region_id, disturbance.year, disturbance.cover_type;

COMMENT ON VIEW region_disturbance_yearly IS
'Development and reclamation in every region, by year and cover type.';
COMMENT ON COLUMN region_disturbance_yearly.layer IS 'Region layer.';
COMMENT ON COLUMN region_disturbance_yearly.region_id IS 'Id of the region in its layer.';
COMMENT ON COLUMN region_disturbance_yearly.region_name IS 'Name of the region; its id where it has none.';
COMMENT ON COLUMN region_disturbance_yearly.year IS 'Calendar year.';
COMMENT ON COLUMN region_disturbance_yearly.cover_type IS 'Cover type lost by development or won by reclamation.';
COMMENT ON COLUMN region_disturbance_yearly.developed_km2 IS
'Area from vegetated to mine-related (DEV), km2, on the WGS84 ellipsoid.';
COMMENT ON COLUMN region_disturbance_yearly.reclaimed_km2 IS
'Area from mine-related to vegetated (REC), km2, on the WGS84 ellipsoid.';
COMMENT ON COLUMN region_disturbance_yearly.gap_km2 IS 'Development less reclamation, km2.';
COMMENT ON COLUMN region_disturbance_yearly.is_in_totals IS
'Whether totals over cover types count it (parameter cover_types_apart).';
COMMENT ON COLUMN region_disturbance_yearly.developed_dry_km2 IS
'Development without water: of developed_km2, what did not become water, km2.';
COMMENT ON COLUMN region_disturbance_yearly.reclaimed_dry_km2 IS
'Of reclaimed_km2, what had not been water, km2.';
