-- core.piece_disturbance: development and reclamation in each piece of a mine between consecutive epochs.
--
-- Grain:   one row per piece_id, year_from, year_to, cover_type where either is above zero.
-- Reads:   raw.piece_trajectory, core.landcover_step, core.landcover_state, core.landcover_disturbance,
--          core.mine_piece.
-- Stored:  yes, it goes over every epoch of every trajectory.
-- Caveat:  cover_type is that of the vegetated side: lost by development, won by reclamation.
-- Method:  docs/methods.md#transitions (Xu et al. 2025, section 2.2)
CREATE OR REPLACE VIEW core.piece_disturbance AS
WITH change AS (
    SELECT
        trajectory.piece_id,
        step.year_from,
        step.year_to,
        state_from.is_vegetated AS is_development,
        state_from.is_water OR state_to.is_water AS is_water,
        CASE WHEN state_from.is_vegetated THEN state_from.cover_type ELSE state_to.cover_type END AS cover_type,
        round(trajectory.area_km2 * 1e12) AS area_mm2
    FROM raw.piece_trajectory AS trajectory
    CROSS JOIN core.landcover_step AS step
    INNER JOIN core.landcover_state AS state_from ON trajectory.classes[step.position] = state_from.code
    INNER JOIN core.landcover_state AS state_to ON trajectory.classes[step.position + 1] = state_to.code
    -- Most pixels stay what they were: told first, they are not looked up.
    WHERE
        trajectory.classes[step.position] <> trajectory.classes[step.position + 1]
        AND core.is_disturbance(state_from, state_to)
)

SELECT
    piece_id,
    year_from,
    year_to,
    cover_type,
    sum(CASE WHEN is_development THEN area_mm2 ELSE 0 END) / 1e12 AS developed_km2,
    sum(CASE WHEN is_development THEN 0 ELSE area_mm2 END) / 1e12 AS reclaimed_km2,
    sum(CASE WHEN is_development AND NOT is_water THEN area_mm2 ELSE 0 END) / 1e12 AS developed_dry_km2,
    sum(CASE WHEN is_development OR is_water THEN 0 ELSE area_mm2 END) / 1e12 AS reclaimed_dry_km2
FROM change
GROUP BY piece_id, year_from, year_to, cover_type

UNION ALL

SELECT
    disturbance.mine_id AS piece_id,
    disturbance.year_from,
    disturbance.year_to,
    disturbance.cover_type,
    disturbance.developed_km2,
    disturbance.reclaimed_km2,
    disturbance.developed_dry_km2,
    disturbance.reclaimed_dry_km2
FROM core.landcover_disturbance AS disturbance
INNER JOIN core.mine_piece ON disturbance.mine_id = mine_piece.piece_id
ORDER BY piece_id, year_to, cover_type;

COMMENT ON VIEW core.piece_disturbance IS
'Development and reclamation in each piece of a mine between consecutive epochs.';
COMMENT ON COLUMN core.piece_disturbance.piece_id IS 'Id of the piece.';
COMMENT ON COLUMN core.piece_disturbance.year_from IS 'Year of the first epoch.';
COMMENT ON COLUMN core.piece_disturbance.year_to IS 'Year of the next epoch.';
COMMENT ON COLUMN core.piece_disturbance.cover_type IS 'Cover type lost by development or won by reclamation.';
COMMENT ON COLUMN core.piece_disturbance.developed_km2 IS
'Area from vegetated to mine-related, km2, on the WGS84 ellipsoid.';
COMMENT ON COLUMN core.piece_disturbance.reclaimed_km2 IS
'Area from mine-related to vegetated, km2, on the WGS84 ellipsoid.';
COMMENT ON COLUMN core.piece_disturbance.developed_dry_km2 IS 'Of developed_km2, what did not become water, km2.';
COMMENT ON COLUMN core.piece_disturbance.reclaimed_dry_km2 IS 'Of reclaimed_km2, what had not been water, km2.';
