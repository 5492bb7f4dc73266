-- core.piece_surface: mine-related area of each piece of a mine, by epoch.
--
-- Grain:   one row per piece_id, year with data.
-- Reads:   raw.piece_trajectory, raw.landcover_epoch, core.landcover_state, core.landcover_surface, core.mine_piece.
-- Stored:  yes, it goes over every epoch of every trajectory.
-- Method:  docs/methods.md#pieces
CREATE OR REPLACE VIEW core.piece_surface AS
WITH cell AS (
    SELECT
        trajectory.piece_id,
        epoch.year,
        state.is_mine_related,
        round(trajectory.area_km2 * 1e12) AS area_mm2
    FROM raw.piece_trajectory AS trajectory
    CROSS JOIN raw.landcover_epoch AS epoch
    INNER JOIN core.landcover_state AS state ON trajectory.classes[epoch.position] = state.code
)

SELECT
    piece_id,
    year,
    sum(area_mm2) / 1e12 AS known_km2,
    sum(CASE WHEN is_mine_related THEN area_mm2 ELSE 0 END) / 1e12 AS mine_related_km2
FROM cell
GROUP BY piece_id, year

UNION ALL

SELECT
    surface.mine_id AS piece_id,
    surface.year,
    surface.known_km2,
    surface.mine_related_km2
FROM core.landcover_surface AS surface
INNER JOIN core.mine_piece ON surface.mine_id = mine_piece.piece_id
ORDER BY piece_id, year;

COMMENT ON VIEW core.piece_surface IS 'Mine-related area of each piece of a mine, by epoch.';
COMMENT ON COLUMN core.piece_surface.piece_id IS 'Id of the piece.';
COMMENT ON COLUMN core.piece_surface.year IS 'Year of the epoch.';
COMMENT ON COLUMN core.piece_surface.known_km2 IS 'Area with data, km2, on the WGS84 ellipsoid.';
COMMENT ON COLUMN core.piece_surface.mine_related_km2 IS
'Area of mine-related classes, km2, on the WGS84 ellipsoid.';
