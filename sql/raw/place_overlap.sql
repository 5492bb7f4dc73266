-- place_overlap: mine area within some distances of each place, by mine or yearly footprint.
--
-- Grain:   one row per layer, place_id, year, outline_id, radius_km where they share ground.
-- Reads:   nothing; loaders/exposure.py fills it.
-- Caveat:  year is NULL for final mines.
CREATE TABLE raw.place_overlap (
    layer VARCHAR NOT NULL,
    place_id VARCHAR NOT NULL,
    year INTEGER,
    outline_id VARCHAR NOT NULL,
    radius_km DOUBLE NOT NULL,
    area_km2 DOUBLE NOT NULL
);

COMMENT ON TABLE raw.place_overlap IS
'Mine area within some distances of each place, by mine or yearly footprint.';
COMMENT ON COLUMN raw.place_overlap.layer IS 'Name of the source in the project file.';
COMMENT ON COLUMN raw.place_overlap.place_id IS 'Id of the place in its source.';
COMMENT ON COLUMN raw.place_overlap.year IS 'Year of the footprint; NULL for a final mine.';
COMMENT ON COLUMN raw.place_overlap.outline_id IS 'mine_id, or footprint_id.';
COMMENT ON COLUMN raw.place_overlap.radius_km IS 'Geodesic distance from the place, km.';
COMMENT ON COLUMN raw.place_overlap.area_km2 IS 'Area within it, km2, on the WGS84 ellipsoid.';
