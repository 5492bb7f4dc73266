-- area: where mines are looked for beyond the known sites.
--
-- Grain:   one row per polygon.
-- Reads:   nothing; loaders fill it.
CREATE TABLE raw.area (
    source_id VARCHAR NOT NULL,
    part INTEGER NOT NULL,
    geometry GEOMETRY NOT NULL
);

COMMENT ON TABLE raw.area IS 'Where mines are looked for beyond the known sites.';
COMMENT ON COLUMN raw.area.source_id IS 'Id of the feature in its file.';
COMMENT ON COLUMN raw.area.part IS 'Number of the polygon within its feature, from 1.';
COMMENT ON COLUMN raw.area.geometry IS 'Polygon, EPSG:4326.';
