-- Figure 6d: Share of the mine area that is bare in the newest year, by 100 km cell.
--
-- Study:     xu2025
-- Needs:     landcover
SELECT
    cell_x,
    cell_y,
    year,
    mine_area_km2,
    bare_surface_share,
    geometry
FROM grid_bare_surface
WHERE year = (SELECT max(g.year) FROM grid_bare_surface AS g);
