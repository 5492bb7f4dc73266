-- region_indicator_yearly: value of each indicator over the mine area of every region, by year.
--
-- Grain:   one row per layer, region_id, indicator, year with data.
-- Reads:   core.region_indicator.
-- Caveat:  the mean over pieces of mines, each by its area with data; pieces of mines that a border cuts are read by
--          themselves.
-- Method:  docs/methods.md#regions
CREATE OR REPLACE VIEW region_indicator_yearly AS
SELECT
    layer,
    region_id,
    indicator,
    year,
    value,
    coverage_share,
    n_mines
FROM core.region_indicator
ORDER BY layer, region_id, indicator, year;

COMMENT ON VIEW region_indicator_yearly IS
'Value of each indicator over the mine area of every region, by year.';
COMMENT ON COLUMN region_indicator_yearly.layer IS 'Region layer.';
COMMENT ON COLUMN region_indicator_yearly.region_id IS 'Id of the region in its layer.';
COMMENT ON COLUMN region_indicator_yearly.indicator IS 'Name of the series in the project file (ndvi, ntl ...).';
COMMENT ON COLUMN region_indicator_yearly.year IS 'Calendar year.';
COMMENT ON COLUMN region_indicator_yearly.value IS 'Mean over mine area with data, in the unit of the series.';
COMMENT ON COLUMN region_indicator_yearly.coverage_share IS 'Share of those mines'' area with data, 0-1.';
COMMENT ON COLUMN region_indicator_yearly.n_mines IS 'Number of mines with a value.';
