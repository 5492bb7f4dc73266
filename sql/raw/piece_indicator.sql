-- piece_indicator: mean of a raster series over each piece of a mine that a border cuts, by date and file.
--
-- Grain:   one row per indicator, piece_id, year, month, day and file that reaches the piece.
-- Reads:   nothing; loaders fill it.
-- Caveat:  a mine over two tiles has a row of each, ground under both counts in the first: core.indicator_date
--          unites them.
CREATE TABLE raw.piece_indicator (
    indicator VARCHAR NOT NULL,
    piece_id VARCHAR NOT NULL,
    year SMALLINT NOT NULL,
    month TINYINT,
    day TINYINT,
    value DOUBLE,
    weight_km2 DOUBLE NOT NULL,
    valid_km2 DOUBLE NOT NULL,
    inside_km2 DOUBLE NOT NULL
);

COMMENT ON TABLE raw.piece_indicator IS
'Mean of a raster series over each piece of a mine that a border cuts, by date and file.';
COMMENT ON COLUMN raw.piece_indicator.indicator IS 'Name of the series in the project file.';
COMMENT ON COLUMN raw.piece_indicator.piece_id IS 'Piece of a mine.';
COMMENT ON COLUMN raw.piece_indicator.year IS 'Calendar year of the raster.';
COMMENT ON COLUMN raw.piece_indicator.month IS 'Month of a raster, 1 to 12; NULL for a yearly one.';
COMMENT ON COLUMN raw.piece_indicator.day IS
'Day of the month that a raster is of, or begins with; NULL for a monthly or yearly one.';
COMMENT ON COLUMN raw.piece_indicator.value IS
'Mean of the pixels with data, by covered area and weight, in the unit of the series; NULL without any.';
COMMENT ON COLUMN raw.piece_indicator.weight_km2 IS
'What the mean was divided by: covered area with data times weight, km2 where there is no weight raster.';
COMMENT ON COLUMN raw.piece_indicator.valid_km2 IS 'Area of the piece with data in this file, km2.';
COMMENT ON COLUMN raw.piece_indicator.inside_km2 IS 'Area of the piece inside this file, km2.';
