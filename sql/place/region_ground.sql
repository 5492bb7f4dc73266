-- core.region_ground: the ground of every region in polygons that joins are quick with.
--
-- Grain:   several rows per layer, region_id.
-- Reads:   core.region_outline, core.region_tile.
-- Caveat:  grid cells stand apart, in core.mine_cell and core.footprint_cell.
--          Edges of the five-degree squares of core.region_tile are no borders: pieces that they cut are put together.
-- Method:  docs/methods.md#pieces
CREATE OR REPLACE VIEW core.region_ground AS
SELECT
    layer,
    region_id,
    source_id,
    part,
    geometry
FROM core.region_outline
WHERE ST_NPoints(geometry) <= 500

UNION ALL

SELECT
    layer,
    region_id,
    source_id,
    part,
    geometry
FROM core.region_tile;

COMMENT ON VIEW core.region_ground IS 'The ground of every region in polygons that joins are quick with.';
COMMENT ON COLUMN core.region_ground.layer IS 'Region layer.';
COMMENT ON COLUMN core.region_ground.region_id IS 'Id of the region in its layer.';
COMMENT ON COLUMN core.region_ground.source_id IS 'Id of the feature in its source.';
COMMENT ON COLUMN core.region_ground.part IS 'Number of the polygon within its feature.';
COMMENT ON COLUMN core.region_ground.geometry IS 'Polygon, or several, EPSG:4326.';
