-- core.grid_share: which part of each mine, and of its KBA part, lies in which grid cell.
--
-- Grain:   one row per mine_id, layer (mine or kba), cell_x, cell_y.
-- Reads:   core.mine, core.mine_protected, core.grid_lobe, parameter.
-- Stored:  yes, one projection of every mine.
-- Caveat:  the projection is equal-area on a sphere: it gives shares, never areas. Shares of a mine add up to 1.
--          Edges that nearly meet can cross when they are projected: such outlines are made valid on the map.
-- Method:  docs/methods.md#grid
CREATE OR REPLACE VIEW core.grid_share AS
WITH outline AS (
    SELECT
        mine_id,
        'mine' AS layer,
        geometry
    FROM core.mine

    UNION ALL

    SELECT
        mine_id,
        'kba' AS layer,
        geometry
    FROM core.mine_protected
),

on_map AS (
    SELECT
        outline.mine_id,
        outline.layer,
        grid_lobe.lobe,
        core.goode_xy(outline.geometry, grid_lobe.geometry) AS geometry
    FROM outline
    INNER JOIN core.grid_lobe
        ON ST_Intersects(outline.geometry, grid_lobe.geometry)
),

projected AS (
    SELECT
        mine_id,
        layer,
        lobe,
        core.valid_polygon(geometry) AS geometry
    FROM on_map
),

piece AS (
    SELECT
        projected.mine_id,
        projected.layer,
        projected.lobe,
        unnest(core.grid_piece(projected.geometry, parameter.grid_cell_km * 1000)) AS part
    FROM projected, main.parameter
    WHERE NOT ST_IsEmpty(projected.geometry)
),

cell AS MATERIALIZED (
    SELECT
        mine_id,
        layer,
        part.cell_x AS cell_x,
        part.cell_y AS cell_y,
        core.reproducible_sum(part.area_igh_m2) AS area_igh_m2
    FROM piece
    WHERE part.area_igh_m2 > 0
    GROUP BY mine_id, layer, part.cell_x, part.cell_y
),

whole AS (
    SELECT
        mine_id,
        layer,
        core.reproducible_sum(area_igh_m2) AS area_igh_m2
    FROM cell
    GROUP BY mine_id, layer
)

SELECT
    cell.mine_id,
    cell.layer,
    cell.cell_x,
    cell.cell_y,
    cell.area_igh_m2 / whole.area_igh_m2 AS share
FROM cell
INNER JOIN whole ON cell.mine_id = whole.mine_id AND cell.layer = whole.layer
ORDER BY cell.mine_id, cell.layer, cell.cell_x, cell.cell_y;

COMMENT ON VIEW core.grid_share IS
'Which part of each mine, and of its KBA part, lies in which grid cell.';
COMMENT ON COLUMN core.grid_share.mine_id IS 'Id of the mine.';
COMMENT ON COLUMN core.grid_share.layer IS 'mine: the whole mine; kba: its part in Key Biodiversity Areas.';
COMMENT ON COLUMN core.grid_share.cell_x IS 'Column of the cell: easting divided by the side, rounded down.';
COMMENT ON COLUMN core.grid_share.cell_y IS 'Row of the cell: northing divided by the side, rounded down.';
COMMENT ON COLUMN core.grid_share.share IS 'Part of the area, 0-1.';
