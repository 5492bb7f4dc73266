-- core.grid_cell: the grid cells near mines and segmented footprints, with their outline on the globe.
--
-- Grain:   one row per cell_x, cell_y.
-- Reads:   core.mine_cell, core.footprint_cell.
-- Caveat:  a cell's nominal area is its side squared, also where an edge of the map cuts it. Some cells hold nothing.
-- Method:  docs/methods.md#grid
CREATE OR REPLACE VIEW core.grid_cell AS
SELECT
    region_id,
    cell_x,
    cell_y,
    area_km2,
    geometry
FROM core.mine_cell

UNION ALL

SELECT
    footprint_cell.region_id,
    footprint_cell.cell_x,
    footprint_cell.cell_y,
    footprint_cell.area_km2,
    footprint_cell.geometry
FROM core.footprint_cell
LEFT JOIN core.mine_cell ON footprint_cell.region_id = mine_cell.region_id
WHERE mine_cell.region_id IS NULL;

COMMENT ON VIEW core.grid_cell IS
'The grid cells near mines and segmented footprints, with their outline on the globe.';
COMMENT ON COLUMN core.grid_cell.region_id IS 'Column and row, as an id in the layer grid.';
COMMENT ON COLUMN core.grid_cell.cell_x IS 'Column of the cell.';
COMMENT ON COLUMN core.grid_cell.cell_y IS 'Row of the cell.';
COMMENT ON COLUMN core.grid_cell.area_km2 IS 'Nominal area of the cell, km2.';
COMMENT ON COLUMN core.grid_cell.geometry IS 'Outline of the cell, EPSG:4326.';
