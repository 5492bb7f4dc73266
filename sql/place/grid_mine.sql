-- core.grid_mine: area of each mine in each grid cell, in all and in Key Biodiversity Areas.
--
-- Grain:   one row per mine_id, cell_x, cell_y.
-- Reads:   core.mine_piece_region, core.mine_cell, core.place_source.
-- Layers:  grid, protected.
-- Method:  docs/methods.md#grid
CREATE OR REPLACE VIEW core.grid_mine AS
WITH protected_piece AS (
    SELECT DISTINCT piece_id
    FROM core.mine_piece_region
    WHERE layer = 'protected'
)

SELECT
    mine_cell.cell_x,
    mine_cell.cell_y,
    piece_region.mine_id,
    core.reproducible_sum(piece_region.area_km2) AS area_km2,
    CASE
        WHEN any_value(place_source.has_protected)
            THEN coalesce(
                core.reproducible_sum(
                    CASE WHEN protected_piece.piece_id IS NOT NULL THEN piece_region.area_km2 END
                ),
                0
            )
    END AS protected_area_km2
FROM core.mine_piece_region AS piece_region
INNER JOIN core.mine_cell ON piece_region.region_id = mine_cell.region_id
CROSS JOIN core.place_source
LEFT JOIN protected_piece ON piece_region.piece_id = protected_piece.piece_id
WHERE piece_region.layer = 'grid'
GROUP BY mine_cell.cell_x, mine_cell.cell_y, piece_region.mine_id;

COMMENT ON VIEW core.grid_mine IS
'Area of each mine in each grid cell, in all and in Key Biodiversity Areas.';
COMMENT ON COLUMN core.grid_mine.cell_x IS 'Column of the cell.';
COMMENT ON COLUMN core.grid_mine.cell_y IS 'Row of the cell.';
COMMENT ON COLUMN core.grid_mine.mine_id IS 'Id of the mine.';
COMMENT ON COLUMN core.grid_mine.area_km2 IS 'Area of the mine in the cell, km2, on the WGS84 ellipsoid.';
COMMENT ON COLUMN core.grid_mine.protected_area_km2 IS
'Of which in Key Biodiversity Areas, km2; NULL without outlines of any.';
