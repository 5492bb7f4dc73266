-- region_overlap: area of each mine in each region of every layer.
--
-- Grain:   one row per mine_id, layer, region_id that the mine shares area with.
-- Reads:   core.mine_place, core.mine.
-- Caveat:  areas in countries, continents and study regions add up to the mine; in other layers a mine may lie outside
--          of all, and in several where regions overlap.
-- Method:  docs/methods.md#regions
CREATE OR REPLACE VIEW region_overlap AS
SELECT
    mine_place.mine_id,
    mine_place.layer,
    mine_place.region_id,
    mine_place.area_km2,
    mine_place.area_km2 / mine.area_km2 AS share
FROM core.mine_place
INNER JOIN core.mine ON mine_place.mine_id = mine.mine_id
ORDER BY mine_place.mine_id, mine_place.layer, mine_place.region_id;

COMMENT ON VIEW region_overlap IS 'Area of each mine in each region of every layer.';
COMMENT ON COLUMN region_overlap.mine_id IS 'Id of the mine.';
COMMENT ON COLUMN region_overlap.layer IS 'Region layer.';
COMMENT ON COLUMN region_overlap.region_id IS 'Id of the region in its layer.';
COMMENT ON COLUMN region_overlap.area_km2 IS 'Area of the mine that counts in the region, km2, on the WGS84 ellipsoid.';
COMMENT ON COLUMN region_overlap.share IS 'That area divided by the mine''s, 0-1.';
