-- indicator: mean of a raster series over each mine, by date and file.
--
-- Grain:   one row per indicator, mine_id, year, month, day and file that reaches the mine.
-- Reads:   nothing; loaders/indicator.py fills it.
-- Caveat:  a mine over two tiles has a row of each, ground under both counts in the first: core.indicator_date
--          unites them.
CREATE TABLE raw.indicator (
    indicator VARCHAR NOT NULL,
    mine_id VARCHAR NOT NULL,
    year SMALLINT NOT NULL,
    month TINYINT,
    day TINYINT,
    value DOUBLE,
    weight_km2 DOUBLE NOT NULL,
    valid_km2 DOUBLE NOT NULL,
    inside_km2 DOUBLE NOT NULL
);

COMMENT ON TABLE raw.indicator IS 'Mean of a raster series over each mine, by date and file.';
COMMENT ON COLUMN raw.indicator.indicator IS 'Name of the series in the project file.';
COMMENT ON COLUMN raw.indicator.mine_id IS 'Mine.';
COMMENT ON COLUMN raw.indicator.year IS 'Calendar year of the raster.';
COMMENT ON COLUMN raw.indicator.month IS 'Month of a raster, 1 to 12; NULL for a yearly one.';
COMMENT ON COLUMN raw.indicator.day IS
'Day of the month that a raster is of, or begins with; NULL for a monthly or yearly one.';
COMMENT ON COLUMN raw.indicator.value IS
'Mean of the pixels with data, by covered area and weight, in the unit of the series; NULL without any.';
COMMENT ON COLUMN raw.indicator.weight_km2 IS
'What the mean was divided by: covered area with data times weight, km2 where there is no weight raster.';
COMMENT ON COLUMN raw.indicator.valid_km2 IS 'Area of the mine with data in this file, km2.';
COMMENT ON COLUMN raw.indicator.inside_km2 IS 'Area of the mine inside this file, km2.';
