-- mine_disturbance_yearly: development and reclamation of each mine, year and cover type.
--
-- Grain:   one row per mine_id, year, cover_type where either is above zero.
-- Reads:   core.landcover_disturbance.
-- Caveat:  what changed between epochs several years apart is spread evenly over those years.
-- Method:  docs/methods.md#transitions (Xu et al. 2025, section 2.2)
CREATE OR REPLACE VIEW mine_disturbance_yearly AS
SELECT
    mine_id,
    unnest(range(year_from + 1, year_to + 1))::INTEGER AS year,
    cover_type,
    developed_km2 / (year_to - year_from) AS developed_km2,
    reclaimed_km2 / (year_to - year_from) AS reclaimed_km2
FROM core.landcover_disturbance;

COMMENT ON VIEW mine_disturbance_yearly IS
'Development and reclamation of each mine, year and cover type.';
COMMENT ON COLUMN mine_disturbance_yearly.mine_id IS 'Id of the mine.';
COMMENT ON COLUMN mine_disturbance_yearly.year IS 'Calendar year.';
COMMENT ON COLUMN mine_disturbance_yearly.cover_type IS
'Cover type lost by development or won by reclamation.';
COMMENT ON COLUMN mine_disturbance_yearly.developed_km2 IS
'Area from vegetated to mine-related (DEV), km2, on the WGS84 ellipsoid.';
COMMENT ON COLUMN mine_disturbance_yearly.reclaimed_km2 IS
'Area from mine-related to vegetated (REC), km2, on the WGS84 ellipsoid.';
