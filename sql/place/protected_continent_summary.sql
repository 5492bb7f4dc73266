-- protected_continent_summary: mines inside Key Biodiversity Areas (or the protected areas given) by continent.
--
-- Grain:   one row per continent with such mines.
-- Reads:   core.mine_protected, core.mine_country.
-- Caveat:  a mine's area inside counts once however many areas overlap there, and for the mine's own country.
-- Method:  docs/methods.md#key-biodiversity-areas (Xu et al. 2025, section 3.1, Figure 5b)
CREATE OR REPLACE VIEW protected_continent_summary AS
SELECT
    mine_country.continent,
    count(*) AS n_mines,
    core.reproducible_sum(mine_protected.area_km2) AS area_km2,
    core.reproducible_sum(mine_protected.area_km2) / count(mine_protected.area_km2) AS mean_area_km2
FROM core.mine_protected
INNER JOIN core.mine_country ON mine_protected.mine_id = mine_country.mine_id
GROUP BY mine_country.continent
ORDER BY area_km2 DESC, mine_country.continent ASC;

COMMENT ON VIEW protected_continent_summary IS
'Mines inside Key Biodiversity Areas (or the protected areas given) by continent.';
COMMENT ON COLUMN protected_continent_summary.continent IS 'Name of the continent.';
COMMENT ON COLUMN protected_continent_summary.n_mines IS 'Number of mines with area inside.';
COMMENT ON COLUMN protected_continent_summary.area_km2 IS 'Mine area inside, km2, on the WGS84 ellipsoid.';
COMMENT ON COLUMN protected_continent_summary.mean_area_km2 IS 'Mean area inside of such a mine, km2.';
