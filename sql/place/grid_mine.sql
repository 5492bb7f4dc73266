-- core.grid_mine: area of each mine in each grid cell, in all and in Key Biodiversity Areas.
--
-- Grain:   one row per mine_id, cell_x, cell_y.
-- Reads:   core.grid_share, core.mine, core.mine_protected, core.place_source.
-- Method:  docs/methods.md#grid
CREATE OR REPLACE VIEW core.grid_mine AS
SELECT
    whole.cell_x,
    whole.cell_y,
    whole.mine_id,
    whole.share * mine.area_km2 AS area_km2,
    CASE
        WHEN place_source.has_protected THEN coalesce(protected_part.share * mine_protected.area_km2, 0)
    END AS protected_area_km2
FROM core.grid_share AS whole
INNER JOIN core.mine ON whole.mine_id = mine.mine_id
CROSS JOIN core.place_source
LEFT JOIN core.grid_share AS protected_part
    ON
        whole.mine_id = protected_part.mine_id
        AND whole.cell_x = protected_part.cell_x
        AND whole.cell_y = protected_part.cell_y
        AND protected_part.layer = 'kba'
LEFT JOIN core.mine_protected ON whole.mine_id = mine_protected.mine_id
WHERE whole.layer = 'mine';

COMMENT ON VIEW core.grid_mine IS
'Area of each mine in each grid cell, in all and in Key Biodiversity Areas.';
COMMENT ON COLUMN core.grid_mine.cell_x IS 'Column of the cell.';
COMMENT ON COLUMN core.grid_mine.cell_y IS 'Row of the cell.';
COMMENT ON COLUMN core.grid_mine.mine_id IS 'Id of the mine.';
COMMENT ON COLUMN core.grid_mine.area_km2 IS 'Area of the mine in the cell, km2, on the WGS84 ellipsoid.';
COMMENT ON COLUMN core.grid_mine.protected_area_km2 IS
'Of which in Key Biodiversity Areas, km2; NULL without outlines of any.';
