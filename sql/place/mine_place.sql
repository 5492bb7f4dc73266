-- core.mine_place: area of each mine that counts in each region.
--
-- Grain:   one row per mine_id, layer, region_id.
-- Reads:   core.mine_piece_place.
-- Stored:  yes, every sum of mines by place joins it.
-- Method:  docs/methods.md#countries
CREATE OR REPLACE VIEW core.mine_place AS
SELECT
    mine_id,
    layer,
    region_id,
    core.reproducible_sum(area_km2) AS area_km2
FROM core.mine_piece_place
GROUP BY mine_id, layer, region_id
ORDER BY mine_id, layer, region_id;

COMMENT ON VIEW core.mine_place IS 'Area of each mine that counts in each region.';
COMMENT ON COLUMN core.mine_place.mine_id IS 'Id of the mine.';
COMMENT ON COLUMN core.mine_place.layer IS 'Region layer.';
COMMENT ON COLUMN core.mine_place.region_id IS 'Id of the region in its layer.';
COMMENT ON COLUMN core.mine_place.area_km2 IS 'Area that counts there, km2, on the WGS84 ellipsoid.';
