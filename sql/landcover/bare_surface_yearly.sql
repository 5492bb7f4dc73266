-- bare_surface_yearly: bare area of the mines of the world, of continents and of countries, by year.
--
-- Grain:   one row per scope, name, year.
-- Reads:   mine_bare_surface, core.mine_country, core.bare_surface_gap.
-- Caveat:  weighted by area; a mine counts for the one country that holds most of it. No share where the legend has
--          no mine-related class, or no mine ever shows one: reason says which.
-- Method:  docs/methods.md#bare-surface (Xu et al. 2025, section 3.2 and Figure A5)
CREATE OR REPLACE VIEW bare_surface_yearly AS
WITH placed AS (
    SELECT
        surface.year,
        mine_country.iso3,
        mine_country.country,
        mine_country.continent,
        sum(surface.mine_related_km2::DECIMAL(18, 12))::DOUBLE AS mine_related_km2,
        sum(surface.known_km2::DECIMAL(18, 12))::DOUBLE AS known_km2,
        count(*) AS n_mines
    FROM mine_bare_surface AS surface
    LEFT JOIN core.mine_country ON surface.mine_id = mine_country.mine_id
    GROUP BY surface.year, mine_country.iso3, mine_country.country, mine_country.continent
),

scoped AS (
    SELECT
        'world' AS scope,
        'World' AS name,
        * EXCLUDE (country, continent) REPLACE (NULL AS iso3)
    FROM placed
    UNION ALL
    SELECT
        'continent' AS scope,
        continent AS name,
        * EXCLUDE (country, continent) REPLACE (NULL AS iso3)
    FROM placed
    WHERE continent IS NOT NULL
    UNION ALL
    SELECT
        'country' AS scope,
        country AS name,
        * EXCLUDE (country, continent)
    FROM placed
    WHERE country IS NOT NULL
)

SELECT
    scoped.scope,
    scoped.name,
    scoped.iso3,
    scoped.year,
    sum(scoped.n_mines)::BIGINT AS n_mines,
    core.reproducible_sum(scoped.known_km2) AS known_km2,
    core.reproducible_sum(scoped.mine_related_km2) AS mine_related_km2,
    core.reproducible_sum(scoped.mine_related_km2)
    / nullif(core.reproducible_sum(scoped.known_km2), 0) AS bare_surface_share,
    gap.reason
FROM scoped
CROSS JOIN core.bare_surface_gap AS gap
GROUP BY scoped.scope, scoped.name, scoped.iso3, scoped.year, gap.reason
ORDER BY scoped.scope, scoped.name, scoped.iso3, scoped.year;

COMMENT ON VIEW bare_surface_yearly IS
'Bare area of the mines of the world, of continents and of countries, by year.';
COMMENT ON COLUMN bare_surface_yearly.scope IS 'world, continent or country.';
COMMENT ON COLUMN bare_surface_yearly.name IS 'World, or the name of the continent or country.';
COMMENT ON COLUMN bare_surface_yearly.iso3 IS 'Three-letter country code; NULL for the world and continents.';
COMMENT ON COLUMN bare_surface_yearly.year IS 'Calendar year.';
COMMENT ON COLUMN bare_surface_yearly.n_mines IS 'Mines with data in that year.';
COMMENT ON COLUMN bare_surface_yearly.known_km2 IS 'Area with data in that year, km2, on the WGS84 ellipsoid.';
COMMENT ON COLUMN bare_surface_yearly.mine_related_km2 IS
'Area of mine-related classes, km2, on the WGS84 ellipsoid.';
COMMENT ON COLUMN bare_surface_yearly.bare_surface_share IS
'Mine-related area divided by the area with data (bare surface percentage), 0-1.';
COMMENT ON COLUMN bare_surface_yearly.reason IS 'Why there is no share; NULL where there is one.';
