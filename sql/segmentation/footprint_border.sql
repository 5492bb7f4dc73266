-- core.footprint_border: the borders of regions that run through each footprint.
--
-- Grain:   one row per footprint_id and border line.
-- Reads:   core.footprint_united, core.region_ground, core.footprint_cell.
-- Caveat:  a line is cut at a box a little larger than the outline: one that ended at the outline's own edge would
--          dangle, and its cut be lost. Lines are rounded to 1e-11 degrees (a micrometre) before they are united, so
--          that borders drawn twice become one; rounded afterwards, their crossings would come apart.
-- Method:  docs/methods.md#pieces
CREATE OR REPLACE VIEW core.footprint_border AS
WITH outline AS ( -- noqa: ST03
    SELECT
        footprint_id AS outline_id,
        geometry
    FROM core.footprint_united
),

region AS ( -- noqa: ST03
    SELECT geometry
    FROM core.region_ground
),

cell AS ( -- noqa: ST03
    SELECT geometry
    FROM core.footprint_cell
)

SELECT
    outline_id AS footprint_id,
    geometry
FROM core.border_of('outline', 'region', 'cell');

COMMENT ON VIEW core.footprint_border IS 'The borders of regions that run through each footprint.';
COMMENT ON COLUMN core.footprint_border.footprint_id IS 'Id of the footprint.';
COMMENT ON COLUMN core.footprint_border.geometry IS 'Line in the neighbourhood of the footprint, EPSG:4326.';
