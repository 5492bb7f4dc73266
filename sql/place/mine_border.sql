-- core.mine_border: the borders of regions that run through each mine.
--
-- Grain:   one row per mine_id and border line.
-- Reads:   core.mine, core.region_ground, core.mine_cell.
-- Caveat:  a line is cut at a box a little larger than the outline: one that ended at the outline's own edge would
--          dangle, and its cut be lost. Lines are rounded to 1e-11 degrees (a micrometre) before they are united, so
--          that borders drawn twice become one; rounded afterwards, their crossings would come apart.
-- Method:  docs/methods.md#pieces
CREATE OR REPLACE VIEW core.mine_border AS
WITH outline AS ( -- noqa: ST03
    SELECT
        mine_id AS outline_id,
        geometry
    FROM core.mine
),

region AS ( -- noqa: ST03
    SELECT geometry
    FROM core.region_ground
),

cell AS ( -- noqa: ST03
    SELECT geometry
    FROM core.mine_cell
)

SELECT
    outline_id AS mine_id,
    geometry
FROM core.border_of('outline', 'region', 'cell');

COMMENT ON VIEW core.mine_border IS 'The borders of regions that run through each mine.';
COMMENT ON COLUMN core.mine_border.mine_id IS 'Id of the mine.';
COMMENT ON COLUMN core.mine_border.geometry IS 'Line in the neighbourhood of the mine, EPSG:4326.';
