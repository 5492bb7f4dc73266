-- core.segmented_grid_cell: outline on the globe of the grid cells that hold a segmented mine.
--
-- Grain:   one row per cell_x, cell_y.
-- Reads:   core.segmented_grid, core.grid_lobe, parameter.
-- Stored:  yes.
-- Method:  docs/methods.md#grid
CREATE OR REPLACE VIEW core.segmented_grid_cell AS
WITH cell AS (
    SELECT DISTINCT
        segmented_grid.cell_x,
        segmented_grid.cell_y,
        parameter.grid_cell_km * 1000 AS side_m
    FROM core.segmented_grid, main.parameter
),

-- Ten points a side, so that edges follow the map's curves.
corner (step, x, y) AS (
    SELECT
        steps.i AS step,
        CASE steps.i // 10
            WHEN 0 THEN steps.i % 10 / 10.0
            WHEN 1 THEN 1
            WHEN 2 THEN 1 - steps.i % 10 / 10.0
            ELSE 0
        END AS x,
        CASE steps.i // 10
            WHEN 1 THEN steps.i % 10 / 10.0
            WHEN 2 THEN 1
            WHEN 3 THEN 1 - steps.i % 10 / 10.0
            ELSE 0
        END AS y
    FROM range(41) AS steps (i)
),

square AS (
    SELECT
        cell.cell_x,
        cell.cell_y,
        ST_MakePolygon(
            ST_MakeLine(
                list(
                    ST_Point((cell.cell_x + corner.x) * cell.side_m, (cell.cell_y + corner.y) * cell.side_m)
                    ORDER BY corner.step
                )
            )
        ) AS geometry
    FROM cell, corner
    GROUP BY cell.cell_x, cell.cell_y
),

on_map AS (
    SELECT
        square.cell_x,
        square.cell_y,
        grid_lobe.lobe,
        ST_CollectionExtract(ST_Intersection(square.geometry, grid_lobe.geometry_igh), 3) AS geometry
    FROM square
    INNER JOIN core.grid_lobe
        ON ST_Intersects(square.geometry, grid_lobe.geometry_igh)
)

SELECT
    cell_x,
    cell_y,
    ST_CollectionExtract(
        ST_Multi(
            ST_Collect(
                list(
                    ST_Transform(
                        geometry, '+proj=igh +lon_0=0 +datum=WGS84 +units=m +no_defs', 'EPSG:4326'
                    )
                    ORDER BY lobe
                )
            )
        ),
        3
    ) AS geometry
FROM on_map
WHERE NOT ST_IsEmpty(geometry)
GROUP BY cell_x, cell_y
ORDER BY cell_x, cell_y;

COMMENT ON VIEW core.segmented_grid_cell IS
'Outline on the globe of the grid cells that hold a segmented mine.';
COMMENT ON COLUMN core.segmented_grid_cell.cell_x IS 'Column of the cell.';
COMMENT ON COLUMN core.segmented_grid_cell.cell_y IS 'Row of the cell.';
COMMENT ON COLUMN core.segmented_grid_cell.geometry IS 'Outline of the cell, EPSG:4326.';
