-- landcover_epoch: the years of the land-cover product, in the order of the lists of classes.
--
-- Grain:   one row per year.
-- Reads:   nothing; loaders fill it.
CREATE TABLE raw.landcover_epoch (
    position INTEGER,
    year INTEGER
);

COMMENT ON TABLE raw.landcover_epoch IS
'The years of the land-cover product, in the order of the lists of classes.';
COMMENT ON COLUMN raw.landcover_epoch.position IS 'Position in landcover_trajectory.classes, from 1.';
COMMENT ON COLUMN raw.landcover_epoch.year IS 'Year of the map.';
