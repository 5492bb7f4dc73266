-- image: satellite images and what their catalogue says of them.
--
-- Grain:   one row per image_id.
-- Reads:   nothing; loaders fill it.
CREATE TABLE raw.image (
    image_id VARCHAR NOT NULL,
    year INTEGER NOT NULL,
    date DATE NOT NULL,
    path VARCHAR NOT NULL,
    bands VARCHAR[] NOT NULL,
    clarity DOUBLE,
    geometry GEOMETRY NOT NULL,
    sha256 VARCHAR NOT NULL,
    parts STRUCT(band VARCHAR, path VARCHAR, scale DOUBLE, "offset" DOUBLE)[] NOT NULL,
    masked_classes INTEGER[] NOT NULL,
    is_before_offset BOOLEAN NOT NULL
);

COMMENT ON TABLE raw.image IS 'Satellite images and what their catalogue says of them.';
COMMENT ON COLUMN raw.image.image_id IS 'Id of the image in its catalogue.';
COMMENT ON COLUMN raw.image.year IS 'Year that the image shows.';
COMMENT ON COLUMN raw.image.date IS 'Day of the image, or the first day of a composite.';
COMMENT ON COLUMN raw.image.path IS 'File, relative to the project folder, or address; the first of several.';
COMMENT ON COLUMN raw.image.bands IS 'Names of the bands in order; empty where the catalogue names none.';
COMMENT ON COLUMN raw.image.clarity IS 'Share of the image without cloud and haze, 0-1; NULL where unknown.';
COMMENT ON COLUMN raw.image.geometry IS 'Outline of the image, EPSG:4326.';
COMMENT ON COLUMN raw.image.sha256 IS
'SHA-256 of the file; of several, or of one on a server, of what tells their state from another.';
COMMENT ON COLUMN raw.image.parts IS
'Where each band is a file: its name, file or address, and how counts become reflectance; empty for one file.';
COMMENT ON COLUMN raw.image.masked_classes IS 'Classes of the band scl that count as no data.';
COMMENT ON COLUMN raw.image.is_before_offset IS
'Whether counts of Sentinel-2 can carry no offset: processing baseline before 04.00, by its date where none is said.';
