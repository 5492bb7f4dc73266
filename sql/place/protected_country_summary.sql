-- protected_country_summary: mines inside Key Biodiversity Areas (or the protected areas given) by country.
--
-- Grain:   one row per country with such mines.
-- Reads:   core.mine_protected, core.mine_country.
-- Caveat:  a mine's area inside counts once however many areas overlap there, and for the mine's own country.
-- Method:  docs/methods.md#key-biodiversity-areas (Xu et al. 2025, Table A2, Figure 5c)
CREATE OR REPLACE VIEW protected_country_summary AS
SELECT
    mine_country.iso3,
    mine_country.country,
    count(*) AS n_mines,
    core.reproducible_sum(mine_protected.area_km2) AS area_km2,
    core.reproducible_sum(mine_protected.area_km2) / count(mine_protected.area_km2) AS mean_area_km2
FROM core.mine_protected
INNER JOIN core.mine_country ON mine_protected.mine_id = mine_country.mine_id
GROUP BY mine_country.iso3, mine_country.country
ORDER BY area_km2 DESC, mine_country.iso3 ASC;

COMMENT ON VIEW protected_country_summary IS
'Mines inside Key Biodiversity Areas (or the protected areas given) by country.';
COMMENT ON COLUMN protected_country_summary.iso3 IS 'Three-letter country code.';
COMMENT ON COLUMN protected_country_summary.country IS 'Name of the country.';
COMMENT ON COLUMN protected_country_summary.n_mines IS 'Number of mines with area inside.';
COMMENT ON COLUMN protected_country_summary.area_km2 IS 'Mine area inside, km2, on the WGS84 ellipsoid.';
COMMENT ON COLUMN protected_country_summary.mean_area_km2 IS 'Mean area inside of such a mine, km2.';
