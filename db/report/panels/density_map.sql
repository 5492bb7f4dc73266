-- density_map: Share of each 100 km cell that is mine.
--
-- Panel:     xu2025 A2
-- Needs:     polygons
-- Finding:   The most mined cell of 100 km is {{ rows[0].density_share|percent }} mine; the mean of the
--            {{ rows|length|count('cell') }} with mines is
--            {{ (rows|sum(attribute='density_share') / rows|length)|percent }}
-- Caveat:    Cells are squares of 100 km in Interrupted Goode Homolosine; a share is of their nominal area.
-- Published: metric IN ('grid_density_max', 'grid_density_mean')
SELECT
    cell_x,
    cell_y,
    n_mines,
    mine_area_km2,
    density_share,
    CASE
        WHEN density_share < 1e-05 THEN 'below 0.001 %'
        WHEN density_share < 0.0001 THEN '0.001 to 0.01 %'
        WHEN density_share < 0.001 THEN '0.01 to 0.1 %'
        WHEN density_share < 0.01 THEN '0.1 to 1 %'
        WHEN density_share < 0.05 THEN '1 to 5 %'
        ELSE '5 % and more'
    END AS class,
    geometry
FROM grid_density
ORDER BY density_share DESC, cell_x ASC, cell_y ASC;
