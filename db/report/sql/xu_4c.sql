-- Figure 4c: Density of mines, share of each 100 km cell.
--
-- Study:     xu2025
-- Needs:     polygons
-- Published: metric IN ('grid_density_max', 'grid_density_mean')
SELECT
    cell_x,
    cell_y,
    n_mines,
    mine_area_km2,
    density_share,
    geometry
FROM grid_density;
