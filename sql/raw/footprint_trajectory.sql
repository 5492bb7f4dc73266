-- footprint_trajectory: land-cover histories of the pixels under each mine's segmented footprint of a year.
--
-- Grain:   one row per mine_id, footprint_year, classes.
-- Reads:   nothing; loaders fill it.
CREATE TABLE raw.footprint_trajectory (
    mine_id VARCHAR NOT NULL,
    footprint_year INTEGER NOT NULL,
    classes UTINYINT[],
    area_km2 DOUBLE
);

COMMENT ON TABLE raw.footprint_trajectory IS
'Land-cover histories of the pixels under each mine''s segmented footprint of a year.';
COMMENT ON COLUMN raw.footprint_trajectory.mine_id IS 'Id of the mine.';
COMMENT ON COLUMN raw.footprint_trajectory.footprint_year IS 'Year of the footprint.';
COMMENT ON COLUMN raw.footprint_trajectory.classes IS
'Codes of the land cover in the order of raw.landcover_epoch; NULL without data.';
COMMENT ON COLUMN raw.footprint_trajectory.area_km2 IS
'Area of those pixels inside footprint and mine, km2, on the WGS84 ellipsoid.';
