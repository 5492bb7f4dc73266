-- core.grid_cell: the grid cells that hold a mine or a segmented footprint, with their outline on the globe.
--
-- Grain:   one row per cell_x, cell_y.
-- Reads:   core.grid_share, core.footprint_grid, core.grid_lobe, parameter.
-- Stored:  yes.
-- Caveat:  a cell's nominal area is its side squared, also where an edge of the map cuts it.
-- Method:  docs/methods.md#grid
CREATE OR REPLACE VIEW core.grid_cell AS
WITH cell AS (
    SELECT
        held.cell_x,
        held.cell_y,
        parameter.grid_cell_km * 1000 AS side_m
    FROM (
        SELECT
            grid_share.cell_x,
            grid_share.cell_y
        FROM core.grid_share

        UNION

        SELECT
            footprint_grid.cell_x,
            footprint_grid.cell_y
        FROM core.footprint_grid
    ) AS held
    CROSS JOIN main.parameter
),

square AS (
    SELECT
        cell_x,
        cell_y,
        side_m,
        ST_MakePolygon(
            ST_MakeLine(
                list_concat(
                    list_transform(
                        range(0, 11), lambda i: ST_Point((cell_x + i / 10.0) * side_m, cell_y * side_m)
                    ),
                    list_transform(
                        range(1, 11),
                        lambda i: ST_Point((cell_x + 1) * side_m, (cell_y + i / 10.0) * side_m)
                    ),
                    list_transform(
                        range(1, 11),
                        lambda i: ST_Point((cell_x + 1 - i / 10.0) * side_m, (cell_y + 1) * side_m)
                    ),
                    list_transform(
                        range(1, 11),
                        lambda i: ST_Point(
                            cell_x * side_m,
                            CASE WHEN i = 10 THEN cell_y ELSE cell_y + 1 - i / 10.0 END * side_m
                        )
                    )
                )
            )
        ) AS geometry
    FROM cell
),

on_map AS (
    SELECT
        square.cell_x,
        square.cell_y,
        square.side_m,
        grid_lobe.lobe,
        ST_CollectionExtract(ST_Intersection(square.geometry, grid_lobe.geometry_igh), 3) AS geometry
    FROM square
    INNER JOIN core.grid_lobe
        ON ST_Intersects(square.geometry, grid_lobe.geometry_igh)
),

on_globe AS (
    SELECT
        cell_x,
        cell_y,
        side_m,
        ST_Multi(
            ST_Collect(
                list(
                    ST_Transform(
                        geometry, '+proj=igh +lon_0=0 +datum=WGS84 +units=m +no_defs', 'EPSG:4326'
                    )
                    ORDER BY lobe
                )
            )
        ) AS geometry
    FROM on_map
    WHERE NOT ST_IsEmpty(geometry)
    GROUP BY cell_x, cell_y, side_m
)

SELECT
    cell_x,
    cell_y,
    (side_m / 1000) ** 2 AS area_km2,
    ST_CollectionExtract(geometry, 3) AS geometry
FROM on_globe
ORDER BY cell_x, cell_y;

COMMENT ON VIEW core.grid_cell IS
'The grid cells that hold a mine or a segmented footprint, with their outline on the globe.';
COMMENT ON COLUMN core.grid_cell.cell_x IS 'Column of the cell.';
COMMENT ON COLUMN core.grid_cell.cell_y IS 'Row of the cell.';
COMMENT ON COLUMN core.grid_cell.area_km2 IS 'Nominal area of the cell, km2.';
COMMENT ON COLUMN core.grid_cell.geometry IS 'Outline of the cell, EPSG:4326.';
