-- place: points and polygons to look for mines from, as the project names them.
--
-- Grain:   one row per layer, place_id.
-- Reads:   nothing; loaders fill it.
CREATE TABLE raw.place (
    layer VARCHAR NOT NULL,
    place_id VARCHAR NOT NULL,
    place_name VARCHAR,
    attributes JSON,
    geometry GEOMETRY NOT NULL
);

COMMENT ON TABLE raw.place IS 'Points and polygons to look for mines from, as the project names them.';
COMMENT ON COLUMN raw.place.layer IS 'Name of the source in the project file.';
COMMENT ON COLUMN raw.place.place_id IS 'Id of the place in its source.';
COMMENT ON COLUMN raw.place.place_name IS 'Name of the place.';
COMMENT ON COLUMN raw.place.attributes IS 'The feature''s columns as published, one JSON object.';
COMMENT ON COLUMN raw.place.geometry IS 'Point, polygon or several polygons, EPSG:4326, longitude first.';
