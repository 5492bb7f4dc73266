-- stable_green: objects of stable vegetation: no disturbance in the record and vegetated now.
--
-- Grain:   one row per source, source_id, part.
-- Reads:   nothing; loaders fill it.
CREATE TABLE raw.stable_green (
    source VARCHAR NOT NULL,
    source_id VARCHAR NOT NULL,
    part INTEGER NOT NULL,
    geometry GEOMETRY NOT NULL
);

COMMENT ON TABLE raw.stable_green IS 'Objects of stable vegetation: no disturbance in the record and vegetated now.';
COMMENT ON COLUMN raw.stable_green.source IS 'Name of the source in the project file.';
COMMENT ON COLUMN raw.stable_green.source_id IS 'Id of the feature in its source.';
COMMENT ON COLUMN raw.stable_green.part IS 'Number of the polygon within its feature, from 1.';
COMMENT ON COLUMN raw.stable_green.geometry IS 'Valid polygon, EPSG:4326, longitude first.';
