-- landcover_change: area that changed class between consecutive epochs, by mine.
--
-- Grain:   one row per mine_id, year_from, year_to, code_from, code_to; only changes.
-- Reads:   core.landcover_transition.
-- Caveat:  epochs are five years apart before 2000; mine_landcover_yearly spreads them evenly.
-- Method:  docs/methods.md#transitions (Xu et al. 2025, section 2.2)
CREATE OR REPLACE VIEW landcover_change AS
SELECT
    mine_id,
    year_from,
    year_to,
    code_from,
    code_to,
    area_km2
FROM core.landcover_transition;

COMMENT ON VIEW landcover_change IS 'Area that changed class between consecutive epochs, by mine.';
COMMENT ON COLUMN landcover_change.mine_id IS 'Id of the mine.';
COMMENT ON COLUMN landcover_change.year_from IS 'Year of the earlier epoch.';
COMMENT ON COLUMN landcover_change.year_to IS 'Year of the later epoch.';
COMMENT ON COLUMN landcover_change.code_from IS 'Code in the earlier epoch.';
COMMENT ON COLUMN landcover_change.code_to IS 'Code in the later epoch.';
COMMENT ON COLUMN landcover_change.area_km2 IS 'Area, km2, on the WGS84 ellipsoid.';
