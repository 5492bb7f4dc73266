-- image_level: how bright Sentinel-2 images are at a place, as their items say that counts become reflectance.
--
-- Grain:   one row per site_id, year, image_id that was read.
-- Reads:   nothing; loaders fill it.
CREATE TABLE raw.image_level (
    site_id VARCHAR NOT NULL,
    year INTEGER NOT NULL,
    image_id VARCHAR NOT NULL,
    date DATE,
    is_before_offset BOOLEAN NOT NULL,
    taken_off DOUBLE,
    seen_share DOUBLE NOT NULL,
    dark DOUBLE[] NOT NULL,
    middle DOUBLE[] NOT NULL
);

COMMENT ON TABLE raw.image_level IS
'How bright Sentinel-2 images are at a place, as their items say that counts become reflectance.';
COMMENT ON COLUMN raw.image_level.site_id IS 'Id of the site.';
COMMENT ON COLUMN raw.image_level.year IS 'Year for which the image was read.';
COMMENT ON COLUMN raw.image_level.image_id IS 'Id of the image in its catalogue.';
COMMENT ON COLUMN raw.image_level.date IS 'Day of the image.';
COMMENT ON COLUMN raw.image_level.is_before_offset IS
'Whether its counts can carry no offset: processing baseline before 04.00, by its date where none is said.';
COMMENT ON COLUMN raw.image_level.taken_off IS
'Reflectance taken off all counts, as the item says: 0.1 or 0; NULL where bands differ.';
COMMENT ON COLUMN raw.image_level.seen_share IS 'Share of the chip with data, 0-1.';
COMMENT ON COLUMN raw.image_level.dark IS
'1st percentile of each band over the chip, in the order of the model''s bands, reflectance.';
COMMENT ON COLUMN raw.image_level.middle IS
'Median of each band over the chip, in the order of the model''s bands, reflectance.';
