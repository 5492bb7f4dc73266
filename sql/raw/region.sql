-- region: outlines of the region layers that the project names, one polygon a row.
--
-- Grain:   one row per source, source_id, part.
-- Reads:   nothing; loaders fill it.
CREATE TABLE raw.region (
    source VARCHAR NOT NULL,
    source_id VARCHAR NOT NULL,
    part INTEGER NOT NULL,
    region_id VARCHAR NOT NULL,
    region_name VARCHAR,
    parent_id VARCHAR,
    attributes JSON,
    geometry GEOMETRY NOT NULL
);

COMMENT ON TABLE raw.region IS 'Outlines of the region layers that the project names, one polygon a row.';
COMMENT ON COLUMN raw.region.source IS 'Name of the layer in the project file.';
COMMENT ON COLUMN raw.region.source_id IS 'Number of the feature in its source.';
COMMENT ON COLUMN raw.region.part IS 'Number of the polygon within its feature, from 1.';
COMMENT ON COLUMN raw.region.region_id IS 'Id of the region; several features with one id are one region.';
COMMENT ON COLUMN raw.region.region_name IS 'Name of the region.';
COMMENT ON COLUMN raw.region.parent_id IS 'Id of the larger region that holds it; NULL where none is named.';
COMMENT ON COLUMN raw.region.attributes IS 'The feature''s columns as published, one JSON object.';
COMMENT ON COLUMN raw.region.geometry IS 'Valid polygon, EPSG:4326, longitude first.';
