-- protected_map: Mine area inside Key Biodiversity Areas, share of each 100 km cell.
--
-- Panel:     xu2025 5a
-- Needs:     protected
-- Finding:   Mines reach into Key Biodiversity Areas in {{ rows|length|count('cell') }} of 100 km, most in one with
--            {{ rows[0].protected_km2|km2 }} inside
-- Published: starts_with(metric, 'kba_grid')
SELECT
    cell_x,
    cell_y,
    protected_mine_area_km2 AS protected_km2,
    protected_density_share,
    CASE
        WHEN protected_density_share < 1e-05 THEN 'below 0.001 %'
        WHEN protected_density_share < 0.0001 THEN '0.001 to 0.01 %'
        WHEN protected_density_share < 0.001 THEN '0.01 to 0.1 %'
        WHEN protected_density_share < 0.005 THEN '0.1 to 0.5 %'
        WHEN protected_density_share < 0.01 THEN '0.5 to 1 %'
        ELSE '1 % and more'
    END AS class,
    geometry
FROM grid_density
WHERE protected_mine_area_km2 > 0
ORDER BY protected_km2 DESC, cell_x ASC, cell_y ASC;
