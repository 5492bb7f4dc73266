-- region: every region of every layer: countries, continents, protected areas, biomes, grid cells, a project's own.
--
-- Grain:   one row per layer, region_id.
-- Reads:   core.region_shape.
-- Caveat:  continents and study regions are put together from countries, and have no outline of their own. Of the grid
--          there are the cells near mines and footprints.
-- Method:  docs/methods.md#regions
CREATE OR REPLACE VIEW region AS
SELECT
    layer,
    region_id,
    region_name,
    parent_id,
    area_km2,
    geometry
FROM core.region_shape
ORDER BY layer, region_id;

COMMENT ON VIEW region IS
'Every region of every layer: countries, continents, protected areas, biomes, grid cells, a project''s own.';
COMMENT ON COLUMN region.layer IS
'country, continent, study_region, protected, biome, grid, or a layer of the project file.';
COMMENT ON COLUMN region.region_id IS 'Id of the region in its layer.';
COMMENT ON COLUMN region.region_name IS 'Name of the region; its id where it has none.';
COMMENT ON COLUMN region.parent_id IS 'Id of the larger region that holds it; NULL where none is known.';
COMMENT ON COLUMN region.area_km2 IS 'Area of the region, km2, on the WGS84 ellipsoid.';
COMMENT ON COLUMN region.geometry IS 'Outline of the region, EPSG:4326; NULL for continents and study regions.';
