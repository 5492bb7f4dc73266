-- polygon: mine polygons as published, repaired and split into single parts.
--
-- Grain:   one row per source, source_id, part.
-- Reads:   nothing; loaders fill it.
CREATE TABLE raw.polygon (
    source VARCHAR NOT NULL,
    source_id VARCHAR NOT NULL,
    part INTEGER NOT NULL,
    attributes JSON,
    reported_km2 DOUBLE,
    geometry GEOMETRY NOT NULL
);

COMMENT ON TABLE raw.polygon IS 'Mine polygons as published, repaired and split into single parts.';
COMMENT ON COLUMN raw.polygon.source IS 'Name of the source in the project file.';
COMMENT ON COLUMN raw.polygon.source_id IS 'Id of the feature in its source.';
COMMENT ON COLUMN raw.polygon.part IS 'Number of the polygon within its feature, from 1.';
COMMENT ON COLUMN raw.polygon.attributes IS 'The feature''s columns as published, one JSON object.';
COMMENT ON COLUMN raw.polygon.reported_km2 IS
'Area of the mine as its publisher reports it beside the outline, shared out by parts, km2; NULL: none.';
COMMENT ON COLUMN raw.polygon.geometry IS 'Valid polygon, EPSG:4326, longitude first.';
