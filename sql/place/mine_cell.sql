-- core.mine_cell: the grid cells that the box around a mine reaches into, with their outline on the globe.
--
-- Grain:   one row per cell_x, cell_y.
-- Reads:   core.mine, core.grid_lobe, parameter.
-- Stored:  yes, projected once, joined by the faces and by the grid's views.
-- Caveat:  some hold nothing. Boxes are kept 1e-9 degrees inside the edges of the map's lobes, where it is torn.
-- Method:  docs/methods.md#grid
CREATE OR REPLACE VIEW core.mine_cell AS
WITH span AS (
    SELECT DISTINCT
        grid_lobe AS lobe,
        parameter.grid_cell_km * 1000 AS side_m,
        core.grid_span(
            greatest(ST_XMin(outline.geometry), grid_lobe.xmin + 1e-9),
            greatest(ST_YMin(outline.geometry), grid_lobe.ymin),
            least(ST_XMax(outline.geometry), grid_lobe.xmax - 1e-9),
            least(ST_YMax(outline.geometry), grid_lobe.ymax),
            parameter.grid_cell_km * 1000
        ) AS span
    FROM core.mine AS outline
    INNER JOIN core.grid_lobe
        ON
            ST_XMin(outline.geometry) <= grid_lobe.xmax
            AND ST_XMax(outline.geometry) >= grid_lobe.xmin
            AND ST_YMin(outline.geometry) <= grid_lobe.ymax
            AND ST_YMax(outline.geometry) >= grid_lobe.ymin
    CROSS JOIN main.parameter
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
GROUP BY cell_x, cell_y, side_m
ORDER BY cell_x, cell_y;

COMMENT ON VIEW core.mine_cell IS
'The grid cells that the box around a mine reaches into, with their outline on the globe.';
COMMENT ON COLUMN core.mine_cell.region_id IS 'Column and row, as an id in the layer grid.';
COMMENT ON COLUMN core.mine_cell.cell_x IS 'Column of the cell: easting divided by the side, rounded down.';
COMMENT ON COLUMN core.mine_cell.cell_y IS 'Row of the cell: northing divided by the side, rounded down.';
COMMENT ON COLUMN core.mine_cell.area_km2 IS 'Nominal area of the cell, km2: its side squared.';
COMMENT ON COLUMN core.mine_cell.geometry IS 'Outline of the cell, EPSG:4326.';
