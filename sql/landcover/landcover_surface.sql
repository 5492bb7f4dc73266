-- core.landcover_surface: mine-related area of each mine and epoch.
--
-- Grain:   one row per mine_id, year with data.
-- Reads:   core.landcover_area, core.landcover_state.
-- Stored:  yes, because every view of bare surface starts here.
-- Method:  docs/methods.md#bare-surface (Xu et al. 2025, section 2.3)
CREATE OR REPLACE VIEW core.landcover_surface AS
SELECT
    area.mine_id,
    area.year,
    sum(round(area.area_km2 * 1e12)) / 1e12 AS known_km2,
    sum(CASE WHEN state.is_mine_related THEN round(area.area_km2 * 1e12) ELSE 0 END) / 1e12 AS mine_related_km2
FROM core.landcover_area AS area
INNER JOIN core.landcover_state AS state ON area.code = state.code
GROUP BY area.mine_id, area.year
ORDER BY area.mine_id, area.year;

COMMENT ON VIEW core.landcover_surface IS 'Mine-related area of each mine and epoch.';
COMMENT ON COLUMN core.landcover_surface.mine_id IS 'Id of the mine.';
COMMENT ON COLUMN core.landcover_surface.year IS 'Year of the epoch.';
COMMENT ON COLUMN core.landcover_surface.known_km2 IS 'Area with data, km2, on the WGS84 ellipsoid.';
COMMENT ON COLUMN core.landcover_surface.mine_related_km2 IS
'Area of mine-related classes, km2, on the WGS84 ellipsoid.';
