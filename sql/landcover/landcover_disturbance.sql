-- core.landcover_disturbance: development and reclamation between consecutive epochs, by mine and cover type.
--
-- Grain:   one row per mine_id, year_from, year_to, cover_type where either is above zero.
-- Reads:   core.landcover_transition, core.landcover_state.
-- Stored:  yes, because every view of development and reclamation sums it.
-- Caveat:  cover_type is that of the vegetated side: lost by development, won by reclamation.
-- Method:  docs/methods.md#transitions (Xu et al. 2025, section 2.2)
CREATE OR REPLACE VIEW core.landcover_disturbance AS
WITH change AS (
    SELECT
        transition.mine_id,
        transition.year_from,
        transition.year_to,
        state_from.is_vegetated AS is_development,
        state_from.is_water OR state_to.is_water AS is_water,
        CASE WHEN state_from.is_vegetated THEN state_from.cover_type ELSE state_to.cover_type END AS cover_type,
        round(transition.area_km2 * 1e12) AS area_mm2
    FROM core.landcover_transition AS transition
    INNER JOIN core.landcover_state AS state_from ON transition.code_from = state_from.code
    INNER JOIN core.landcover_state AS state_to ON transition.code_to = state_to.code
    WHERE core.is_disturbance(state_from, state_to)
)

SELECT
    mine_id,
    year_from,
    year_to,
    cover_type,
    sum(CASE WHEN is_development THEN area_mm2 ELSE 0 END) / 1e12 AS developed_km2,
    sum(CASE WHEN is_development THEN 0 ELSE area_mm2 END) / 1e12 AS reclaimed_km2,
    sum(CASE WHEN is_development AND NOT is_water THEN area_mm2 ELSE 0 END) / 1e12 AS developed_dry_km2,
    sum(CASE WHEN is_development OR is_water THEN 0 ELSE area_mm2 END) / 1e12 AS reclaimed_dry_km2
FROM change
GROUP BY mine_id, year_from, year_to, cover_type
ORDER BY mine_id, year_to, cover_type;

COMMENT ON VIEW core.landcover_disturbance IS
'Development and reclamation between consecutive epochs, by mine and cover type.';
COMMENT ON COLUMN core.landcover_disturbance.mine_id IS 'Id of the mine.';
COMMENT ON COLUMN core.landcover_disturbance.year_from IS 'Year of the earlier epoch.';
COMMENT ON COLUMN core.landcover_disturbance.year_to IS 'Year of the later epoch.';
COMMENT ON COLUMN core.landcover_disturbance.cover_type IS 'Cover type lost or won.';
COMMENT ON COLUMN core.landcover_disturbance.developed_km2 IS
'Area from vegetated to mine-related, km2, on the WGS84 ellipsoid.';
COMMENT ON COLUMN core.landcover_disturbance.reclaimed_km2 IS
'Area from mine-related to vegetated, km2, on the WGS84 ellipsoid.';
COMMENT ON COLUMN core.landcover_disturbance.developed_dry_km2 IS
'Of developed_km2, what did not become water, km2.';
COMMENT ON COLUMN core.landcover_disturbance.reclaimed_dry_km2 IS
'Of reclaimed_km2, what had not been water, km2.';
