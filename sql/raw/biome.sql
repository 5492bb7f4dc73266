-- biome: polygons of biomes, as published.
--
-- Grain:   one row per polygon part.
-- Reads:   nothing; loaders/label.py fills it.
CREATE TABLE raw.biome (
    source VARCHAR,
    source_id VARCHAR,
    part INTEGER,
    biome VARCHAR,
    geometry GEOMETRY
);

COMMENT ON TABLE raw.biome IS 'Polygons of biomes, as published.';
COMMENT ON COLUMN raw.biome.source IS 'Always biomes.';
COMMENT ON COLUMN raw.biome.source_id IS 'Number of the feature in the file.';
COMMENT ON COLUMN raw.biome.part IS 'Number of the part within its feature, from 1.';
COMMENT ON COLUMN raw.biome.biome IS 'Name of the biome.';
COMMENT ON COLUMN raw.biome.geometry IS 'Polygon, EPSG:4326, longitude first.';
