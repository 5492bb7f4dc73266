-- core.piece_disturbance_yearly: development and reclamation in each piece of a mine, by calendar year.
--
-- Grain:   one row per piece_id, year where either is above zero.
-- Reads:   core.piece_disturbance, core.cover_type.
-- Caveat:  what changed between epochs several years apart is spread evenly over those years. Totals are over the
--          study's five cover types; those that stand apart (cover_types_apart: wetlands) are left out.
-- Method:  docs/methods.md#transitions (Xu et al. 2025, section 3.2)
CREATE OR REPLACE VIEW core.piece_disturbance_yearly AS
WITH yearly AS (
    SELECT
        disturbance.piece_id,
        unnest(range(disturbance.year_from + 1, disturbance.year_to + 1))::INTEGER AS year,
        round(disturbance.developed_km2 / (disturbance.year_to - disturbance.year_from) * 1e12) AS developed_mm2,
        round(disturbance.reclaimed_km2 / (disturbance.year_to - disturbance.year_from) * 1e12) AS reclaimed_mm2
    FROM core.piece_disturbance AS disturbance
    INNER JOIN core.cover_type ON disturbance.cover_type = cover_type.cover_type
    WHERE cover_type.is_in_totals
)

SELECT
    piece_id,
    year,
    sum(developed_mm2) / 1e12 AS developed_km2,
    sum(reclaimed_mm2) / 1e12 AS reclaimed_km2
FROM yearly
GROUP BY piece_id, year;

COMMENT ON VIEW core.piece_disturbance_yearly IS
'Development and reclamation in each piece of a mine, by calendar year.';
COMMENT ON COLUMN core.piece_disturbance_yearly.piece_id IS 'Id of the piece.';
COMMENT ON COLUMN core.piece_disturbance_yearly.year IS 'Calendar year.';
COMMENT ON COLUMN core.piece_disturbance_yearly.developed_km2 IS
'Area from vegetated to mine-related, km2, on the WGS84 ellipsoid.';
COMMENT ON COLUMN core.piece_disturbance_yearly.reclaimed_km2 IS
'Area from mine-related to vegetated, km2, on the WGS84 ellipsoid.';
