-- mine_landcover_coverage: how much of each mine has land-cover data.
--
-- Grain:   one row per mine.
-- Reads:   core.mine, raw.landcover_coverage, raw.landcover_epoch.
-- Caveat:  empty where the project has no land cover.
-- Method:  docs/methods.md#coverage
CREATE OR REPLACE VIEW mine_landcover_coverage AS
SELECT
    mine.mine_id,
    coalesce(coverage.n_pixels, 0) AS n_pixels,
    coalesce(coverage.data_km2, 0) AS data_km2,
    coalesce(coverage.data_km2, 0) / mine.area_km2 AS coverage_share,
    coalesce(coverage.n_unknown_pixels, 0) AS n_unknown_pixels
FROM core.mine
LEFT JOIN raw.landcover_coverage AS coverage ON mine.mine_id = coverage.mine_id
WHERE EXISTS (SELECT 1 FROM raw.landcover_epoch);

COMMENT ON VIEW mine_landcover_coverage IS 'How much of each mine has land-cover data.';
COMMENT ON COLUMN mine_landcover_coverage.mine_id IS 'Id of the mine.';
COMMENT ON COLUMN mine_landcover_coverage.n_pixels IS 'Number of pixels that the mine touches.';
COMMENT ON COLUMN mine_landcover_coverage.data_km2 IS
'Area with data in at least one epoch, km2, on the WGS84 ellipsoid.';
COMMENT ON COLUMN mine_landcover_coverage.coverage_share IS
'That area divided by the mine''s, 0-1 but for rounding in outlines.';
COMMENT ON COLUMN mine_landcover_coverage.n_unknown_pixels IS
'Pixels with a code that the legend lacks, counted in each epoch.';
