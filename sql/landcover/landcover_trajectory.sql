-- landcover_trajectory: what the pixels of each mine went through, one row a distinct history.
--
-- Grain:   one row per mine_id, classes.
-- Reads:   raw.landcover_trajectory.
-- Caveat:  classes[n] is the code in the epoch whose position in landcover_epoch is n; NULL: no data.
-- Method:  docs/methods.md#trajectories
CREATE OR REPLACE VIEW landcover_trajectory AS
SELECT
    mine_id,
    classes,
    n_pixels,
    area_km2
FROM raw.landcover_trajectory;

COMMENT ON VIEW landcover_trajectory IS
'What the pixels of each mine went through, one row a distinct history.';
COMMENT ON COLUMN landcover_trajectory.mine_id IS 'Id of the mine.';
COMMENT ON COLUMN landcover_trajectory.classes IS
'Code in each epoch, in the order of landcover_epoch.position; NULL where there is no data.';
COMMENT ON COLUMN landcover_trajectory.n_pixels IS 'Number of pixels that the mine touches.';
COMMENT ON COLUMN landcover_trajectory.area_km2 IS
'Area of those pixels inside the mine, km2, on the WGS84 ellipsoid.';
