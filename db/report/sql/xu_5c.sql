-- Figure 5c: Density of mines inside Key Biodiversity Areas, share of each 100 km cell.
--
-- Study:     xu2025
-- Needs:     protected
-- Published: starts_with(metric, 'kba_grid')
SELECT
    cell_x,
    cell_y,
    protected_mine_area_km2,
    protected_density_share,
    geometry
FROM grid_density
WHERE protected_mine_area_km2 > 0;
