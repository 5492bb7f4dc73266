-- core.cell_of: the grid cells that the box around an outline reaches into, with their outline on the globe.
--
-- Caveat:  outlines names a relation with geometry, EPSG:4326, and side_m, the side of a cell, m; lobes is as
--          core.grid_lobe. Some cells hold nothing. Boxes are kept 1e-9 degrees inside the edges of the map's lobes,
--          where it is torn. area_km2 is nominal: the side squared.
CREATE OR REPLACE MACRO core.cell_of(outlines, lobes) AS TABLE
    WITH span AS (
        SELECT DISTINCT
            grid_lobe AS lobe,
            shape.side_m,
            core.grid_span(
                greatest(ST_XMin(shape.geometry), grid_lobe.xmin + 1e-9),
                greatest(ST_YMin(shape.geometry), grid_lobe.ymin),
                least(ST_XMax(shape.geometry), grid_lobe.xmax - 1e-9),
                least(ST_YMax(shape.geometry), grid_lobe.ymax),
                shape.side_m
            ) AS span
        FROM query_table(outlines) AS shape
        INNER JOIN query_table(lobes) AS grid_lobe
            ON
                ST_XMin(shape.geometry) <= grid_lobe.xmax
                AND ST_XMax(shape.geometry) >= grid_lobe.xmin
                AND ST_YMin(shape.geometry) <= grid_lobe.ymax
                AND ST_YMax(shape.geometry) >= grid_lobe.ymin
    ),

    grid_column AS (
        SELECT
            *,
            unnest(range(span.first_x, span.last_x + 1)) AS cell_x
        FROM span
    ),

    cell AS (
        SELECT DISTINCT
            lobe,
            side_m,
            cell_x,
            unnest(range(span.first_y, span.last_y + 1)) AS cell_y
        FROM grid_column
    ),

    part AS (
        SELECT
            lobe.lobe AS lobe_number,
            side_m,
            cell_x,
            cell_y,
            core.ring_polygon(
                core.grid_side(lobe, cell_x * side_m, cell_y * side_m, (cell_y + 1) * side_m),
                core.grid_side(lobe, (cell_x + 1) * side_m, cell_y * side_m, (cell_y + 1) * side_m)
            ) AS geometry
        FROM cell
    )

    SELECT
        cell_x || ',' || cell_y AS region_id,
        cell_x,
        cell_y,
        (side_m / 1000) ** 2 AS area_km2,
        ST_CollectionExtract(ST_Collect(list(geometry ORDER BY lobe_number)), 3) AS geometry
    FROM part
    WHERE NOT ST_IsEmpty(geometry)
    GROUP BY cell_x, cell_y, side_m;
