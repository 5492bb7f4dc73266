-- core.region_indicator: value of each indicator over the mine area of every region, by year.
--
-- Grain:   one row per layer, region_id, indicator, year with data.
-- Reads:   core.mine_piece_place, core.piece_indicator_yearly.
-- Stored:  yes, it adds up every piece in every year, and the panel joins it.
-- Caveat:  the mean over pieces of mines, each by its area with data; pieces of mines that a border cuts are read by
--          themselves.
-- Method:  docs/methods.md#regions
CREATE OR REPLACE VIEW core.region_indicator AS
SELECT
    place.layer,
    place.region_id,
    yearly.indicator,
    yearly.year,
    core.reproducible_sum(yearly.value * place.area_km2 * yearly.coverage_share)
    / core.reproducible_sum(place.area_km2 * yearly.coverage_share) AS value,
    core.reproducible_sum(place.area_km2 * yearly.coverage_share)
    / core.reproducible_sum(place.area_km2) AS coverage_share,
    count(DISTINCT place.mine_id) AS n_mines
FROM core.mine_piece_place AS place
INNER JOIN core.piece_indicator_yearly AS yearly ON place.piece_id = yearly.piece_id
WHERE yearly.coverage_share > 0
GROUP BY place.layer, place.region_id, yearly.indicator, yearly.year
ORDER BY place.layer, place.region_id, yearly.indicator, yearly.year;

COMMENT ON VIEW core.region_indicator IS
'Value of each indicator over the mine area of every region, by year.';
COMMENT ON COLUMN core.region_indicator.layer IS 'Region layer.';
COMMENT ON COLUMN core.region_indicator.region_id IS 'Id of the region in its layer.';
COMMENT ON COLUMN core.region_indicator.indicator IS 'Name of the series in the project file (ndvi, ntl ...).';
COMMENT ON COLUMN core.region_indicator.year IS 'Calendar year.';
COMMENT ON COLUMN core.region_indicator.value IS 'Mean over mine area with data, in the unit of the series.';
COMMENT ON COLUMN core.region_indicator.coverage_share IS 'Share of those mines'' area with data, 0-1.';
COMMENT ON COLUMN core.region_indicator.n_mines IS 'Number of mines with a value.';
