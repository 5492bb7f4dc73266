-- piece_trajectory: land-cover histories of the pixels under each piece of a mine that a border cuts.
--
-- Grain:   one row per piece_id, classes.
-- Reads:   nothing; loaders fill it.
CREATE TABLE raw.piece_trajectory (
    piece_id VARCHAR NOT NULL,
    classes UTINYINT[],
    area_km2 DOUBLE
);

COMMENT ON TABLE raw.piece_trajectory IS
'Land-cover histories of the pixels under each piece of a mine that a border cuts.';
COMMENT ON COLUMN raw.piece_trajectory.piece_id IS 'Id of the piece.';
COMMENT ON COLUMN raw.piece_trajectory.classes IS
'Codes of the land cover in the order of raw.landcover_epoch; NULL without data.';
COMMENT ON COLUMN raw.piece_trajectory.area_km2 IS
'Area of those pixels inside the piece, km2, on the WGS84 ellipsoid, to the square millimetre.';
