-- disturbance_total: development and reclamation over the whole record, by cover type.
--
-- Grain:   one row per cover_type with any change.
-- Reads:   core.disturbance_by_type.
-- Caveat:  a pixel that is developed twice counts twice; mine_timeline has the area ever developed. Shares are of the
--          cover types in totals, and NULL for one that stands apart.
-- Method:  docs/methods.md#transitions (Xu et al. 2025, section 3.2 and Figure 6b)
CREATE OR REPLACE VIEW disturbance_total AS
WITH by_type AS (
    SELECT
        cover_type,
        is_in_totals,
        core.reproducible_sum(developed_km2) AS developed_km2,
        core.reproducible_sum(reclaimed_km2) AS reclaimed_km2,
        core.reproducible_sum(developed_dry_km2) AS developed_dry_km2,
        core.reproducible_sum(reclaimed_dry_km2) AS reclaimed_dry_km2
    FROM core.disturbance_by_type
    GROUP BY cover_type, is_in_totals
),

whole AS (
    SELECT
        core.reproducible_sum(developed_km2) AS developed_km2,
        core.reproducible_sum(reclaimed_km2) AS reclaimed_km2
    FROM by_type
    WHERE is_in_totals
)

SELECT
    by_type.cover_type,
    by_type.is_in_totals,
    by_type.developed_km2,
    CASE WHEN by_type.is_in_totals THEN by_type.developed_km2 / nullif(whole.developed_km2, 0) END AS developed_share,
    by_type.reclaimed_km2,
    CASE WHEN by_type.is_in_totals THEN by_type.reclaimed_km2 / nullif(whole.reclaimed_km2, 0) END AS reclaimed_share,
    1 - by_type.reclaimed_km2 / nullif(by_type.developed_km2, 0) AS unreclaimed_share,
    by_type.developed_dry_km2,
    by_type.reclaimed_dry_km2
FROM by_type
CROSS JOIN whole
ORDER BY by_type.cover_type;

COMMENT ON VIEW disturbance_total IS
'Development and reclamation over the whole record, by cover type.';
COMMENT ON COLUMN disturbance_total.cover_type IS
'Cover type lost by development or won by reclamation.';
COMMENT ON COLUMN disturbance_total.is_in_totals IS
'Whether totals over cover types count it (parameter cover_types_apart).';
COMMENT ON COLUMN disturbance_total.developed_km2 IS
'Area from vegetated to mine-related (DEV), km2, on the WGS84 ellipsoid.';
COMMENT ON COLUMN disturbance_total.developed_share IS
'Share of the development of the cover types in totals, 0-1.';
COMMENT ON COLUMN disturbance_total.reclaimed_km2 IS
'Area from mine-related to vegetated (REC), km2, on the WGS84 ellipsoid.';
COMMENT ON COLUMN disturbance_total.reclaimed_share IS
'Share of the reclamation of the cover types in totals, 0-1.';
COMMENT ON COLUMN disturbance_total.unreclaimed_share IS
'1 - reclaimed / developed; below 0 where more came back than went.';
COMMENT ON COLUMN disturbance_total.developed_dry_km2 IS
'Development without water: of developed_km2, what did not become water, km2.';
COMMENT ON COLUMN disturbance_total.reclaimed_dry_km2 IS
'Of reclaimed_km2, what had not been water, km2.';
