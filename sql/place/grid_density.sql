-- grid_density: share of each grid cell that is mine, and inside Key Biodiversity Areas (or the protected areas given).
--
-- Grain:   one row per cell that holds a mine.
-- Reads:   core.grid_mine, core.grid_cell.
-- Method:  docs/methods.md#grid (Xu et al. 2025, Figures 5a and A2)
CREATE OR REPLACE VIEW grid_density AS
SELECT
    grid_cell.cell_x,
    grid_cell.cell_y,
    count(DISTINCT grid_mine.mine_id) AS n_mines,
    core.reproducible_sum(grid_mine.area_km2) AS mine_area_km2,
    core.reproducible_sum(grid_mine.area_km2) / any_value(grid_cell.area_km2) AS density_share,
    core.reproducible_sum(grid_mine.protected_area_km2) AS protected_mine_area_km2,
    core.reproducible_sum(grid_mine.protected_area_km2) / any_value(grid_cell.area_km2) AS protected_density_share,
    any_value(grid_cell.geometry) AS geometry
FROM core.grid_cell
INNER JOIN core.grid_mine
    ON grid_cell.cell_x = grid_mine.cell_x AND grid_cell.cell_y = grid_mine.cell_y
GROUP BY grid_cell.cell_x, grid_cell.cell_y
ORDER BY grid_cell.cell_x, grid_cell.cell_y;

COMMENT ON VIEW grid_density IS
'Share of each grid cell that is mine, and inside Key Biodiversity Areas (or the protected areas given).';
COMMENT ON COLUMN grid_density.cell_x IS 'Column of the cell: easting divided by the side, rounded down.';
COMMENT ON COLUMN grid_density.cell_y IS 'Row of the cell: northing divided by the side, rounded down.';
COMMENT ON COLUMN grid_density.n_mines IS 'Number of mines that reach into the cell.';
COMMENT ON COLUMN grid_density.mine_area_km2 IS 'Mine area in the cell, km2, on the WGS84 ellipsoid.';
COMMENT ON COLUMN grid_density.density_share IS 'Mine area divided by the cell''s nominal area, 0-1.';
COMMENT ON COLUMN grid_density.protected_mine_area_km2 IS
'Mine area inside Key Biodiversity Areas (or the protected areas given), km2.';
COMMENT ON COLUMN grid_density.protected_density_share IS 'That area divided by the cell''s nominal area, 0-1.';
COMMENT ON COLUMN grid_density.geometry IS 'Outline of the cell, EPSG:4326.';
