-- landcover_trajectory: what the pixels of each mine went through, one row a distinct history.
--
-- Grain:   one row per mine_id, classes.
-- Reads:   nothing; loaders fill it.
-- Caveat:  pixels without any data have no row; landcover_coverage counts them.
CREATE TABLE raw.landcover_trajectory (
    mine_id VARCHAR,
    classes UTINYINT[],
    n_pixels BIGINT,
    area_km2 DOUBLE
);

COMMENT ON TABLE raw.landcover_trajectory IS
'What the pixels of each mine went through, one row a distinct history.';
COMMENT ON COLUMN raw.landcover_trajectory.mine_id IS 'Id of the mine.';
COMMENT ON COLUMN raw.landcover_trajectory.classes IS
'Code in each epoch, in the order of landcover_epoch.position; NULL where there is no data.';
COMMENT ON COLUMN raw.landcover_trajectory.n_pixels IS 'Number of pixels that the mine touches.';
COMMENT ON COLUMN raw.landcover_trajectory.area_km2 IS
'Area of those pixels inside the mine, km2, on the WGS84 ellipsoid, to the square millimetre.';
