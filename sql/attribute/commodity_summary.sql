-- commodity_summary: number and area of mines by commodity.
--
-- Grain:   one row per commodity.
-- Reads:   core.mine_commodity, core.mine, core.mine_country.
-- Caveat:  a mine of several commodities counts whole for each of them: rows do not add up. Mines that no source
--          tells of are in no row.
-- Method:  docs/methods.md#attributes
CREATE OR REPLACE VIEW commodity_summary AS
SELECT
    mine_commodity.commodity,
    count(*) AS n_mines,
    core.reproducible_sum(mine.area_km2) AS area_km2,
    core.reproducible_sum(mine.area_km2)
    / (SELECT core.reproducible_sum(whole.area_km2) FROM core.mine AS whole) AS area_share,
    count(DISTINCT mine_country.iso3) AS n_countries
FROM core.mine_commodity
INNER JOIN core.mine ON mine_commodity.mine_id = mine.mine_id
LEFT JOIN core.mine_country ON mine_commodity.mine_id = mine_country.mine_id
GROUP BY mine_commodity.commodity
ORDER BY area_km2 DESC, mine_commodity.commodity ASC;

COMMENT ON VIEW commodity_summary IS 'Number and area of mines by commodity.';
COMMENT ON COLUMN commodity_summary.commodity IS 'Commodity in lower case, as the best match of the mine has it.';
COMMENT ON COLUMN commodity_summary.n_mines IS 'Number of mines.';
COMMENT ON COLUMN commodity_summary.area_km2 IS 'Their area, km2, on the WGS84 ellipsoid.';
COMMENT ON COLUMN commodity_summary.area_share IS 'That area divided by the area of all mines, 0-1.';
COMMENT ON COLUMN commodity_summary.n_countries IS 'Number of countries with such a mine.';
