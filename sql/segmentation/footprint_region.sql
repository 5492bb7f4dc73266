-- core.footprint_region: area of each footprint in each region that it reaches, and which region holds most of it.
--
-- Grain:   one row per footprint_id, layer, region_id.
-- Reads:   core.footprint_piece_region.
-- Stored:  yes, every sum by place joins it.
-- Method:  docs/methods.md#pieces
CREATE OR REPLACE VIEW core.footprint_region AS
WITH piece_region AS ( -- noqa: ST03
    SELECT
        footprint_id AS outline_id,
        layer,
        region_id,
        area_km2
    FROM core.footprint_piece_region
)

SELECT
    outline_id AS footprint_id,
    layer,
    region_id,
    area_km2,
    is_main
FROM core.region_of('piece_region')
ORDER BY footprint_id, layer, region_id;

COMMENT ON VIEW core.footprint_region IS
'Area of each footprint in each region that it reaches, and which region holds most of it.';
COMMENT ON COLUMN core.footprint_region.footprint_id IS 'Id of the footprint.';
COMMENT ON COLUMN core.footprint_region.layer IS 'Region layer.';
COMMENT ON COLUMN core.footprint_region.region_id IS 'Id of the region in its layer.';
COMMENT ON COLUMN core.footprint_region.area_km2 IS 'Area inside, km2, on the WGS84 ellipsoid.';
COMMENT ON COLUMN core.footprint_region.is_main IS
'Whether no other region of the layer holds more; of equal ones the first.';
