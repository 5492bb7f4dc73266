-- grid_bare_surface: bare surface percentage and reclamation in 100 km cells, by year.
--
-- Grain:   one row per cell_x, cell_y, year.
-- Reads:   mine_bare_surface, core.grid_mine, core.grid_cell.
-- Caveat:  a mine in several cells is as bare in each of them, by the area with data that it has there.
-- Method:  docs/methods.md#bare-surface (Xu et al. 2025, Figure 6e)
CREATE OR REPLACE VIEW grid_bare_surface AS
WITH cell_year AS (
    SELECT
        grid_mine.cell_x,
        grid_mine.cell_y,
        surface.year,
        core.reproducible_sum(grid_mine.area_km2) AS mine_area_km2,
        core.reproducible_sum(grid_mine.area_km2 * surface.coverage_share) AS known_km2,
        core.reproducible_sum(
            grid_mine.area_km2 * surface.coverage_share * surface.bare_surface_share
        ) AS mine_related_km2,
        count(*) AS n_mines
    FROM mine_bare_surface AS surface
    INNER JOIN core.grid_mine ON surface.mine_id = grid_mine.mine_id
    WHERE surface.bare_surface_share IS NOT NULL
    GROUP BY grid_mine.cell_x, grid_mine.cell_y, surface.year
)

SELECT
    cell_year.cell_x,
    cell_year.cell_y,
    cell_year.year,
    cell_year.n_mines,
    cell_year.mine_area_km2,
    cell_year.known_km2,
    cell_year.mine_related_km2,
    cell_year.mine_related_km2 / nullif(cell_year.known_km2, 0) AS bare_surface_share,
    1 - cell_year.mine_related_km2 / nullif(cell_year.known_km2, 0) AS reclamation_share,
    grid_cell.geometry
FROM cell_year
INNER JOIN core.grid_cell
    ON cell_year.cell_x = grid_cell.cell_x AND cell_year.cell_y = grid_cell.cell_y;

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
