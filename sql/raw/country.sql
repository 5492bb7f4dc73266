-- country: country outlines, one polygon a row.
--
-- Grain:   one row per source_id, part.
-- Reads:   nothing; loaders fill it.
CREATE TABLE raw.country (
    source VARCHAR NOT NULL,
    source_id VARCHAR NOT NULL,
    part INTEGER NOT NULL,
    iso3 VARCHAR NOT NULL,
    country VARCHAR,
    continent VARCHAR,
    attributes JSON,
    geometry GEOMETRY NOT NULL
);

COMMENT ON TABLE raw.country IS 'Country outlines, one polygon a row.';
COMMENT ON COLUMN raw.country.source IS 'Name of the source in the project file.';
COMMENT ON COLUMN raw.country.source_id IS 'Id of the feature in its source.';
COMMENT ON COLUMN raw.country.part IS 'Number of the polygon within its feature, from 1.';
COMMENT ON COLUMN raw.country.iso3 IS 'Three-letter country code; ADM0_A3 of Natural Earth where ISO_A3 is unknown.';
COMMENT ON COLUMN raw.country.country IS 'Name of the country in its source.';
COMMENT ON COLUMN raw.country.continent IS 'Name of the continent in its source.';
COMMENT ON COLUMN raw.country.attributes IS 'The feature''s columns as published, one JSON object.';
COMMENT ON COLUMN raw.country.geometry IS 'Valid polygon, EPSG:4326, longitude first.';
