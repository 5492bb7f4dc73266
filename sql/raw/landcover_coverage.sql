-- landcover_coverage: how much of each mine the land-cover tiles hold.
--
-- Grain:   one row per mine_id that meets a tile.
-- Reads:   nothing; loaders fill it.
CREATE TABLE raw.landcover_coverage (
    mine_id VARCHAR,
    n_pixels BIGINT,
    tile_km2 DOUBLE,
    data_km2 DOUBLE,
    n_unknown_pixels BIGINT,
    problem VARCHAR
);

COMMENT ON TABLE raw.landcover_coverage IS 'How much of each mine the land-cover tiles hold.';
COMMENT ON COLUMN raw.landcover_coverage.mine_id IS 'Id of the mine.';
COMMENT ON COLUMN raw.landcover_coverage.n_pixels IS 'Number of pixels that the mine touches.';
COMMENT ON COLUMN raw.landcover_coverage.tile_km2 IS
'Area of the mine inside tiles, added up over pixels, km2, on the WGS84 ellipsoid.';
COMMENT ON COLUMN raw.landcover_coverage.data_km2 IS
'Of which with data in at least one epoch, km2, on the WGS84 ellipsoid.';
COMMENT ON COLUMN raw.landcover_coverage.n_unknown_pixels IS
'Pixels with a code that the legend lacks, counted in each epoch.';
COMMENT ON COLUMN raw.landcover_coverage.problem IS 'What was wrong; NULL where nothing was.';
