-- place_nearest: the nearest mine or yearly footprint of each place.
--
-- Grain:   one row per layer, place_id, year with any outline.
-- Reads:   nothing; loaders/exposure.py fills it.
-- Caveat:  year is NULL for final mines.
CREATE TABLE raw.place_nearest (
    layer VARCHAR NOT NULL,
    place_id VARCHAR NOT NULL,
    year INTEGER,
    outline_id VARCHAR NOT NULL,
    distance_km DOUBLE NOT NULL
);

COMMENT ON TABLE raw.place_nearest IS 'The nearest mine or yearly footprint of each place.';
COMMENT ON COLUMN raw.place_nearest.layer IS 'Name of the source in the project file.';
COMMENT ON COLUMN raw.place_nearest.place_id IS 'Id of the place in its source.';
COMMENT ON COLUMN raw.place_nearest.year IS 'Year of the footprint; NULL for final mines.';
COMMENT ON COLUMN raw.place_nearest.outline_id IS 'mine_id, or footprint_id.';
COMMENT ON COLUMN raw.place_nearest.distance_km IS 'Geodesic distance, km; 0 inside.';
