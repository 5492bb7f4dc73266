-- landcover_epoch: the years with a land-cover map.
--
-- Grain:   one row per year.
-- Reads:   raw.landcover_epoch.
-- Method:  docs/methods.md#trajectories
CREATE OR REPLACE VIEW landcover_epoch AS
SELECT
    position,
    year
FROM raw.landcover_epoch
ORDER BY position;

COMMENT ON VIEW landcover_epoch IS 'The years with a land-cover map.';
COMMENT ON COLUMN landcover_epoch.position IS 'Position in landcover_trajectory.classes, from 1.';
COMMENT ON COLUMN landcover_epoch.year IS 'Year of the map.';
