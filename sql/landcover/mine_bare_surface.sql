-- mine_bare_surface: bare surface percentage (BSP) and reclamation of each mine and year.
--
-- Grain:   one row per mine_id, year with a map of the mine, or between two that follow each other.
-- Reads:   core.landcover_surface, core.landcover_year_weight, core.mine, core.bare_surface_gap.
-- Caveat:  shares are of the area with data in that year, which coverage_share compares with the mine.
--          Between epochs areas change evenly from year to year. Shares and mine-related area are NULL where the
--          record has no mine-related class at all (reclamation_rate.reason).
-- Method:  docs/methods.md#bare-surface (Xu et al. 2025, section 2.3)
CREATE OR REPLACE VIEW mine_bare_surface AS
WITH surface AS (
    SELECT
        surface.mine_id,
        weighted.year,
        sum(surface.known_km2 * weighted.weight) AS known_km2,
        CASE WHEN gap.reason IS NULL THEN sum(surface.mine_related_km2 * weighted.weight) END AS mine_related_km2,
        bool_or(weighted.is_interpolated) AS is_interpolated
    FROM core.landcover_surface AS surface
    INNER JOIN core.landcover_year_weight AS weighted ON surface.year = weighted.epoch_year
    CROSS JOIN core.bare_surface_gap AS gap
    GROUP BY surface.mine_id, weighted.year, gap.reason
    -- Weights of a year add up to 1: where a mine lacks one of its two epochs nothing is known between them.
    HAVING sum(weighted.weight) > 1 - 1e-9
)

SELECT
    surface.mine_id,
    surface.year,
    surface.mine_related_km2,
    surface.mine_related_km2 / nullif(surface.known_km2, 0) AS bare_surface_share,
    1 - surface.mine_related_km2 / nullif(surface.known_km2, 0) AS reclamation_share,
    surface.known_km2,
    surface.known_km2 / mine.area_km2 AS coverage_share,
    surface.is_interpolated
FROM surface
INNER JOIN core.mine ON surface.mine_id = mine.mine_id;

COMMENT ON VIEW mine_bare_surface IS
'Bare surface percentage (BSP) and reclamation of each mine and year.';
COMMENT ON COLUMN mine_bare_surface.mine_id IS 'Id of the mine.';
COMMENT ON COLUMN mine_bare_surface.year IS 'Calendar year.';
COMMENT ON COLUMN mine_bare_surface.mine_related_km2 IS
'Area of mine-related classes, km2, on the WGS84 ellipsoid; NULL where no mine shows any.';
COMMENT ON COLUMN mine_bare_surface.bare_surface_share IS
'BSP: mine-related area divided by the area with data, 0-1.';
COMMENT ON COLUMN mine_bare_surface.reclamation_share IS '1 - bare_surface_share.';
COMMENT ON COLUMN mine_bare_surface.known_km2 IS 'Area with data in that year, km2.';
COMMENT ON COLUMN mine_bare_surface.coverage_share IS
'That area divided by the mine''s, 0-1 but for rounding in outlines.';
COMMENT ON COLUMN mine_bare_surface.is_interpolated IS 'Whether there is no map of that year.';
