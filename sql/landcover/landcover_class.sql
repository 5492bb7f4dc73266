-- landcover_class: the legend of the land-cover product, with the study's groupings.
--
-- Grain:   one row per code.
-- Reads:   raw.landcover_class.
-- Caveat:  the study names six mine-related classes, and no group for wetlands, saline land, tidal flats and
--          ice; their place is our choice, and a legend file of your own changes it.
-- Method:  docs/methods.md#classes (Xu et al. 2025, sections 2.2 and 3.2)
CREATE OR REPLACE VIEW landcover_class AS
SELECT
    code,
    class_name,
    cover_type,
    category
FROM raw.landcover_class
ORDER BY code;

COMMENT ON VIEW landcover_class IS 'The legend of the land-cover product, with the study''s groupings.';
COMMENT ON COLUMN landcover_class.code IS 'Code of the class in the rasters.';
COMMENT ON COLUMN landcover_class.class_name IS 'Name of the class.';
COMMENT ON COLUMN landcover_class.cover_type IS 'Cover type that results are given by (section 3.2).';
COMMENT ON COLUMN landcover_class.category IS
'mine-related, cropland, sparse vegetation, dense vegetation, unclassified or no data (section 2.2).';
