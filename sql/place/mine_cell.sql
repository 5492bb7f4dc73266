-- core.mine_cell: the grid cells that the box around a mine reaches into, with their outline on the globe.
--
-- Grain:   one row per cell_x, cell_y.
-- Reads:   core.mine, core.grid_lobe, parameter.
-- Stored:  yes, projected once, joined by the faces and by the grid's views.
-- Caveat:  some hold nothing. Boxes are kept 1e-9 degrees inside the edges of the map's lobes, where it is torn.
-- Method:  docs/methods.md#grid
CREATE OR REPLACE VIEW core.mine_cell AS
WITH outline AS ( -- noqa: ST03
    SELECT
        mine.geometry,
        parameter.grid_cell_km * 1000 AS side_m
    FROM core.mine
    CROSS JOIN main.parameter
),

lobe AS ( -- noqa: ST03
    SELECT *
    FROM core.grid_lobe
)

SELECT
    region_id,
    cell_x,
    cell_y,
    area_km2,
    geometry
FROM core.cell_of('outline', 'lobe')
ORDER BY cell_x, cell_y;

COMMENT ON VIEW core.mine_cell IS
'The grid cells that the box around a mine reaches into, with their outline on the globe.';
COMMENT ON COLUMN core.mine_cell.region_id IS 'Column and row, as an id in the layer grid.';
COMMENT ON COLUMN core.mine_cell.cell_x IS 'Column of the cell: easting divided by the side, rounded down.';
COMMENT ON COLUMN core.mine_cell.cell_y IS 'Row of the cell: northing divided by the side, rounded down.';
COMMENT ON COLUMN core.mine_cell.area_km2 IS 'Nominal area of the cell, km2: its side squared.';
COMMENT ON COLUMN core.mine_cell.geometry IS 'Outline of the cell, EPSG:4326.';
