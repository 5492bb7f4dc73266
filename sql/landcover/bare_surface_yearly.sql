-- bare_surface_yearly: bare area of the mines of the world, of continents and of countries, by year.
--
-- Grain:   one row per scope, name, year.
-- Reads:   mine_bare_surface, core.mine_country, core.country, core.region_landcover_yearly, core.bare_surface_gap.
-- Layers:  country, continent.
-- Caveat:  weighted by area; mines are split at borders, as in region_yearly. A mine is counted where most of it lies.
--          No share where the legend has no mine-related class, or no mine ever shows one: reason says which.
-- Method:  docs/methods.md#bare-surface (Xu et al. 2025, section 3.2 and Figure A5)
CREATE OR REPLACE VIEW bare_surface_yearly AS
WITH placed AS (
    SELECT
        surface.year,
        mine_country.iso3,
        mine_country.continent,
        core.reproducible_sum(surface.mine_related_km2) AS mine_related_km2,
        core.reproducible_sum(surface.known_km2) AS known_km2,
        count(*) AS n_mines
    FROM mine_bare_surface AS surface
    LEFT JOIN core.mine_country ON surface.mine_id = mine_country.mine_id
    GROUP BY surface.year, mine_country.iso3, mine_country.continent
),

counted AS (
    SELECT
        unnest(['continent', 'country']) AS scope,
        unnest([continent, iso3]) AS region_id,
        year,
        n_mines
    FROM placed
),

scoped AS (
    SELECT
        'world' AS scope,
        'World' AS name,
        NULL AS iso3,
        year,
        sum(n_mines)::BIGINT AS n_mines,
        core.reproducible_sum(known_km2) AS known_km2,
        core.reproducible_sum(mine_related_km2) AS mine_related_km2
    FROM placed
    GROUP BY year

    UNION ALL

    SELECT
        place.layer AS scope,
        coalesce(country.country, place.region_id) AS name,
        country.iso3,
        place.year,
        coalesce(sum(counted.n_mines), 0)::BIGINT AS n_mines,
        place.known_km2,
        place.mine_related_km2
    FROM core.region_landcover_yearly AS place
    LEFT JOIN core.country ON place.layer = 'country' AND place.region_id = country.iso3
    LEFT JOIN counted
        ON place.layer = counted.scope AND place.region_id = counted.region_id AND place.year = counted.year
    WHERE place.layer IN ('country', 'continent')
    GROUP BY
        place.layer, place.region_id, country.country, country.iso3, place.year, place.known_km2,
        place.mine_related_km2
)

SELECT
    scoped.scope,
    scoped.name,
    scoped.iso3,
    scoped.year,
    scoped.n_mines,
    scoped.known_km2,
    CASE WHEN gap.reason IS NULL THEN scoped.mine_related_km2 END AS mine_related_km2,
    CASE
        WHEN gap.reason IS NULL THEN scoped.mine_related_km2 / nullif(scoped.known_km2, 0)
    END AS bare_surface_share,
    gap.reason
FROM scoped
CROSS JOIN core.bare_surface_gap AS gap
ORDER BY scoped.scope, scoped.name, scoped.iso3, scoped.year;

COMMENT ON VIEW bare_surface_yearly IS
'Bare area of the mines of the world, of continents and of countries, by year.';
COMMENT ON COLUMN bare_surface_yearly.scope IS 'world, continent or country.';
COMMENT ON COLUMN bare_surface_yearly.name IS 'World, or the name of the continent or country.';
COMMENT ON COLUMN bare_surface_yearly.iso3 IS 'Three-letter country code; NULL for the world and continents.';
COMMENT ON COLUMN bare_surface_yearly.year IS 'Calendar year.';
COMMENT ON COLUMN bare_surface_yearly.n_mines IS 'Mines with data in that year, each where most of it lies.';
COMMENT ON COLUMN bare_surface_yearly.known_km2 IS 'Area with data in that year, km2, on the WGS84 ellipsoid.';
COMMENT ON COLUMN bare_surface_yearly.mine_related_km2 IS
'Area of mine-related classes, km2, on the WGS84 ellipsoid.';
COMMENT ON COLUMN bare_surface_yearly.bare_surface_share IS
'Mine-related area divided by the area with data (bare surface percentage), 0-1.';
COMMENT ON COLUMN bare_surface_yearly.reason IS 'Why there is no share; NULL where there is one.';
