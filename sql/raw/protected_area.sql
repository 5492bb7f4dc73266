-- protected_area: Key Biodiversity Areas or other protected areas, one polygon a row.
--
-- Grain:   one row per source_id, part.
-- Reads:   nothing; loaders fill it.
CREATE TABLE raw.protected_area (
    source VARCHAR NOT NULL,
    source_id VARCHAR NOT NULL,
    part INTEGER NOT NULL,
    protected_name VARCHAR,
    kind VARCHAR,
    attributes JSON,
    geometry GEOMETRY NOT NULL
);

COMMENT ON TABLE raw.protected_area IS 'Key Biodiversity Areas or other protected areas, one polygon a row.';
COMMENT ON COLUMN raw.protected_area.source IS 'Name of the source in the project file.';
COMMENT ON COLUMN raw.protected_area.source_id IS 'Id of the feature in its source.';
COMMENT ON COLUMN raw.protected_area.part IS 'Number of the polygon within its feature, from 1.';
COMMENT ON COLUMN raw.protected_area.protected_name IS 'Name of the area.';
COMMENT ON COLUMN raw.protected_area.kind IS
'What the areas are called: kind in the project file, else by the layout of the file.';
COMMENT ON COLUMN raw.protected_area.attributes IS 'The feature''s columns as published, one JSON object.';
COMMENT ON COLUMN raw.protected_area.geometry IS 'Valid polygon, EPSG:4326, longitude first.';
