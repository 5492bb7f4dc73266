-- grid_bare_surface: bare surface percentage and reclamation in 100 km cells, by year.
--
-- Grain:   one row per cell_x, cell_y, year.
-- Reads:   mine_bare_surface, core.mine_place, core.grid_cell, core.region_landcover_yearly.
-- Layers:  grid.
-- Caveat:  mines are split at the edges of cells: what lies inside each, as in region_yearly.
-- Method:  docs/methods.md#bare-surface (Xu et al. 2025, Figure 6e)
CREATE OR REPLACE VIEW grid_bare_surface AS
WITH held AS (
    SELECT
        place.region_id,
        surface.year,
        count(*) AS n_mines,
        core.reproducible_sum(place.area_km2) AS mine_area_km2
    FROM mine_bare_surface AS surface
    INNER JOIN core.mine_place AS place ON surface.mine_id = place.mine_id
    WHERE place.layer = 'grid' AND surface.bare_surface_share IS NOT NULL
    GROUP BY place.region_id, surface.year
)

SELECT
    grid_cell.cell_x,
    grid_cell.cell_y,
    held.year,
    held.n_mines,
    held.mine_area_km2,
    cell_year.known_km2,
    cell_year.mine_related_km2,
    cell_year.mine_related_km2 / nullif(cell_year.known_km2, 0) AS bare_surface_share,
    1 - cell_year.mine_related_km2 / nullif(cell_year.known_km2, 0) AS reclamation_share,
    grid_cell.geometry
FROM held
INNER JOIN core.region_landcover_yearly AS cell_year
    ON held.region_id = cell_year.region_id AND held.year = cell_year.year AND cell_year.layer = 'grid'
INNER JOIN core.grid_cell ON held.region_id = grid_cell.region_id
ORDER BY grid_cell.cell_x, grid_cell.cell_y, held.year;

COMMENT ON VIEW grid_bare_surface IS 'Bare surface percentage and reclamation in 100 km cells, by year.';
COMMENT ON COLUMN grid_bare_surface.cell_x IS 'Column of the cell: easting divided by the side, rounded down.';
COMMENT ON COLUMN grid_bare_surface.cell_y IS 'Row of the cell: northing divided by the side, rounded down.';
COMMENT ON COLUMN grid_bare_surface.year IS 'Calendar year.';
COMMENT ON COLUMN grid_bare_surface.n_mines IS 'Number of mines with data that reach into the cell.';
COMMENT ON COLUMN grid_bare_surface.mine_area_km2 IS
'Area of those mines in the cell, km2, on the WGS84 ellipsoid.';
COMMENT ON COLUMN grid_bare_surface.known_km2 IS 'Of which with data in that year, km2.';
COMMENT ON COLUMN grid_bare_surface.mine_related_km2 IS 'Of which mine-related classes, km2.';
COMMENT ON COLUMN grid_bare_surface.bare_surface_share IS
'BSP: mine-related area divided by the area with data, 0-1.';
COMMENT ON COLUMN grid_bare_surface.reclamation_share IS '1 - bare_surface_share.';
COMMENT ON COLUMN grid_bare_surface.geometry IS 'Outline of the cell, EPSG:4326.';
