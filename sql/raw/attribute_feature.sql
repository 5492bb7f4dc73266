-- attribute_feature: points and polygons that tell of mines: names, commodities, operators.
--
-- Grain:   one row per source, feature_id.
-- Reads:   nothing; loaders fill it.
CREATE TABLE raw.attribute_feature (
    source VARCHAR NOT NULL,
    source_number INTEGER NOT NULL,
    feature_id VARCHAR NOT NULL,
    name VARCHAR,
    commodity VARCHAR,
    operator VARCHAR,
    within_km DOUBLE NOT NULL,
    properties JSON,
    geometry GEOMETRY NOT NULL
);

COMMENT ON TABLE raw.attribute_feature IS
'Points and polygons that tell of mines: names, commodities, operators.';
COMMENT ON COLUMN raw.attribute_feature.source IS 'Name of the source in the project file.';
COMMENT ON COLUMN raw.attribute_feature.source_number IS 'Place of the source in the project file, from 1.';
COMMENT ON COLUMN raw.attribute_feature.feature_id IS 'Id of the feature in its source.';
COMMENT ON COLUMN raw.attribute_feature.name IS 'Name of the mine or facility.';
COMMENT ON COLUMN raw.attribute_feature.commodity IS 'Commodities as published.';
COMMENT ON COLUMN raw.attribute_feature.operator IS 'Operator or owner as published.';
COMMENT ON COLUMN raw.attribute_feature.within_km IS 'How near a mine must be that does not hold it, km.';
COMMENT ON COLUMN raw.attribute_feature.properties IS 'The feature''s columns as published, one JSON object.';
COMMENT ON COLUMN raw.attribute_feature.geometry IS
'Point, polygon or several polygons, EPSG:4326, longitude first.';
