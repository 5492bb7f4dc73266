-- disturbance_total: development and reclamation over the whole record, by cover type.
--
-- Grain:   one row per cover_type with any change.
-- Reads:   core.disturbance_by_type.
-- Caveat:  a pixel that is developed twice counts twice; mine_timeline has the area ever developed.
-- Method:  docs/methods.md#transitions (Xu et al. 2025, section 3.2 and Figure 6b)
CREATE OR REPLACE VIEW disturbance_total AS
WITH by_type AS (
    SELECT
        cover_type,
        core.reproducible_sum(developed_km2) AS developed_km2,
        core.reproducible_sum(reclaimed_km2) AS reclaimed_km2
    FROM core.disturbance_by_type
    GROUP BY cover_type
)

SELECT
    cover_type,
    developed_km2,
    developed_km2 / nullif(sum(developed_km2) OVER whole, 0) AS developed_share,
    reclaimed_km2,
    reclaimed_km2 / nullif(sum(reclaimed_km2) OVER whole, 0) AS reclaimed_share,
    1 - reclaimed_km2 / nullif(developed_km2, 0) AS unreclaimed_share
FROM by_type
WINDOW whole AS (ORDER BY cover_type ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)
ORDER BY cover_type;

COMMENT ON VIEW disturbance_total IS
'Development and reclamation over the whole record, by cover type.';
COMMENT ON COLUMN disturbance_total.cover_type IS
'Cover type lost by development or won by reclamation.';
COMMENT ON COLUMN disturbance_total.developed_km2 IS
'Area from vegetated to mine-related (DEV), km2, on the WGS84 ellipsoid.';
COMMENT ON COLUMN disturbance_total.developed_share IS 'Of the disturbed area of all cover types, 0-1.';
COMMENT ON COLUMN disturbance_total.reclaimed_km2 IS
'Area from mine-related to vegetated (REC), km2, on the WGS84 ellipsoid.';
COMMENT ON COLUMN disturbance_total.reclaimed_share IS 'Of the reclaimed area of all cover types, 0-1.';
COMMENT ON COLUMN disturbance_total.unreclaimed_share IS
'1 - reclaimed / disturbed; below 0 where more came back than went.';
