-- bare_map: Share of the mine area that is bare in the newest year, by 100 km cell.
--
-- Panel:     xu2025 6e
-- Needs:     landcover
-- Finding:   {% set half = rows|selectattr('bare_surface_share', 'gt', 0.5)|list %}In {{ rows[0].year }} more than
--            half of the mine area was bare in {{ half|length|number }} of {{ rows|length|count('cell') }}
SELECT
    cell_x,
    cell_y,
    year,
    mine_area_km2,
    bare_surface_share,
    CASE
        WHEN bare_surface_share < 0.1 THEN 'below 10 %'
        WHEN bare_surface_share < 0.25 THEN '10 to 25 %'
        WHEN bare_surface_share < 0.5 THEN '25 to 50 %'
        WHEN bare_surface_share < 0.75 THEN '50 to 75 %'
        WHEN bare_surface_share < 0.9 THEN '75 to 90 %'
        ELSE '90 % and more'
    END AS class,
    geometry
FROM grid_bare_surface
WHERE year = (SELECT max(g.year) FROM grid_bare_surface AS g) AND bare_surface_share IS NOT NULL
ORDER BY bare_surface_share DESC, mine_area_km2 DESC, cell_x ASC, cell_y ASC;
