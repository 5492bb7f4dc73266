-- core.landcover_state: what each code means for development and reclamation.
--
-- Grain:   one row per code that is not a filled value.
-- Reads:   raw.landcover_class.
-- Caveat:  classes that the study leaves out (saline land, tidal flats, ice) are neither vegetated nor mine-related.
--          Water is a mine-related class that the legend calls water.
-- Method:  docs/methods.md#transitions (Xu et al. 2025, section 2.2)
CREATE OR REPLACE VIEW core.landcover_state AS
SELECT
    code,
    cover_type,
    category IN ('cropland', 'sparse vegetation', 'dense vegetation') AS is_vegetated,
    category = 'mine-related' AS is_mine_related,
    category = 'mine-related' AND contains(lower(class_name), 'water') AS is_water
FROM raw.landcover_class
WHERE category <> 'no data';

COMMENT ON VIEW core.landcover_state IS 'What each code means for development and reclamation.';
COMMENT ON COLUMN core.landcover_state.code IS 'Code of the class in the rasters.';
COMMENT ON COLUMN core.landcover_state.cover_type IS 'Cover type that results are given by.';
COMMENT ON COLUMN core.landcover_state.is_vegetated IS
'Whether its change to a mine-related class is development.';
COMMENT ON COLUMN core.landcover_state.is_mine_related IS 'Whether it counts as bare surface.';
COMMENT ON COLUMN core.landcover_state.is_water IS
'Whether it is a mine-related class that the legend calls water.';
