-- mine_disturbance_yearly: development and reclamation of each mine, year and cover type.
--
-- Grain:   one row per mine_id, year, cover_type where either is above zero.
-- Reads:   core.landcover_disturbance, core.cover_type.
-- Caveat:  what changed between epochs several years apart is spread evenly over those years.
--          Sum the rows with is_in_totals for all of a mine.
-- Method:  docs/methods.md#transitions (Xu et al. 2025, section 2.2)
CREATE OR REPLACE VIEW mine_disturbance_yearly AS
SELECT
    change.mine_id,
    unnest(range(change.year_from + 1, change.year_to + 1))::INTEGER AS year,
    change.cover_type,
    change.developed_km2 / (change.year_to - change.year_from) AS developed_km2,
    change.reclaimed_km2 / (change.year_to - change.year_from) AS reclaimed_km2,
    cover_type.is_in_totals,
    change.developed_dry_km2 / (change.year_to - change.year_from) AS developed_dry_km2,
    change.reclaimed_dry_km2 / (change.year_to - change.year_from) AS reclaimed_dry_km2
FROM core.landcover_disturbance AS change
INNER JOIN core.cover_type ON change.cover_type = cover_type.cover_type;

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
COMMENT ON COLUMN mine_disturbance_yearly.is_in_totals IS
'Whether totals over cover types count it (parameter cover_types_apart).';
COMMENT ON COLUMN mine_disturbance_yearly.developed_dry_km2 IS
'Development without water: of developed_km2, what did not become water, km2.';
COMMENT ON COLUMN mine_disturbance_yearly.reclaimed_dry_km2 IS
'Of reclaimed_km2, what had not been water, km2.';
