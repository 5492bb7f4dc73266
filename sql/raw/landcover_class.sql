-- landcover_class: the legend of the land-cover product.
--
-- Grain:   one row per code.
-- Reads:   nothing; loaders fill it.
CREATE TABLE raw.landcover_class (
    code UTINYINT,
    class_name VARCHAR,
    cover_type VARCHAR,
    category VARCHAR
);

COMMENT ON TABLE raw.landcover_class IS 'The legend of the land-cover product.';
COMMENT ON COLUMN raw.landcover_class.code IS 'Code of the class in the rasters.';
COMMENT ON COLUMN raw.landcover_class.class_name IS 'Name of the class.';
COMMENT ON COLUMN raw.landcover_class.cover_type IS 'Cover type that results are given by.';
COMMENT ON COLUMN raw.landcover_class.category IS
'mine-related, cropland, sparse vegetation, dense vegetation, unclassified or no data.';
