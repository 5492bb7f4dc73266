-- source_spread: area of the final mines by each source alone and by all, for the world, continents and countries.
--
-- Grain:   one row per scope, name, dataset: a source, or union for all mines.
-- Reads:   core.mine, core.mine_country, core.country, core.mine_source_ground, core.mine_source_alone,
--          core.region_source.
-- Layers:  country, continent.
-- Caveat:  ground that was erased or straightened away counts for no source. Mines are split at borders, and counted
--          where most of them lies. How far sources lie apart is the largest uncertainty of an area of mining.
-- Method:  docs/methods.md#sources
CREATE OR REPLACE VIEW source_spread AS
WITH drawn AS (
    SELECT
        'union' AS dataset,
        mine_id,
        area_km2,
        NULL::DOUBLE AS alone_km2
    FROM core.mine

    UNION ALL

    SELECT
        ground.source AS dataset,
        ground.mine_id,
        ground.area_km2,
        alone.alone_km2
    FROM core.mine_source_ground AS ground
    INNER JOIN core.mine_source_alone AS alone
        ON ground.mine_id = alone.mine_id AND ground.source = alone.source
),

counted AS (
    SELECT
        drawn.dataset,
        unnest(['continent', 'country']) AS scope,
        unnest([mine_country.continent, mine_country.iso3]) AS region_id
    FROM drawn
    INNER JOIN core.mine_country ON drawn.mine_id = mine_country.mine_id
),

number AS (
    SELECT
        scope,
        region_id,
        dataset,
        count(*) AS n_mines
    FROM counted
    GROUP BY scope, region_id, dataset
),

summed AS (
    SELECT
        'world' AS scope,
        'World' AS name,
        NULL AS iso3,
        dataset,
        count(*) AS n_mines,
        core.reproducible_sum(area_km2) AS area_km2,
        core.reproducible_sum(alone_km2) AS alone_km2
    FROM drawn
    GROUP BY dataset

    UNION ALL

    SELECT
        place.layer AS scope,
        coalesce(country.country, place.region_id) AS name,
        country.iso3,
        place.dataset,
        coalesce(number.n_mines, 0) AS n_mines,
        place.area_km2,
        place.alone_km2
    FROM core.region_source AS place
    LEFT JOIN core.country ON place.layer = 'country' AND place.region_id = country.iso3
    LEFT JOIN number
        ON place.layer = number.scope AND place.region_id = number.region_id AND place.dataset = number.dataset
    WHERE place.layer IN ('country', 'continent')
)

SELECT
    scope,
    name,
    iso3,
    dataset,
    n_mines,
    area_km2,
    area_km2 / max(CASE WHEN dataset = 'union' THEN area_km2 END) OVER place AS share_of_union,
    alone_km2
FROM summed
WINDOW place AS (PARTITION BY scope, name, iso3)
ORDER BY scope DESC, name ASC, iso3 ASC, dataset = 'union' ASC, dataset ASC;

COMMENT ON VIEW source_spread IS
'Area of the final mines by each source alone and by their union, for the world, continents and countries.';
COMMENT ON COLUMN source_spread.scope IS 'world, continent or country.';
COMMENT ON COLUMN source_spread.name IS 'World, or the name of the continent or country.';
COMMENT ON COLUMN source_spread.iso3 IS 'Three-letter country code; NULL for the world and continents.';
COMMENT ON COLUMN source_spread.dataset IS 'Name of a source, or union.';
COMMENT ON COLUMN source_spread.n_mines IS 'Final mines that it has a part of, each where most of it lies.';
COMMENT ON COLUMN source_spread.area_km2 IS 'Area of final mines that it draws, km2, on the WGS84 ellipsoid.';
COMMENT ON COLUMN source_spread.share_of_union IS
'That divided by the area of all final mines there, 0-1 but for rounding in outlines.';
COMMENT ON COLUMN source_spread.alone_km2 IS
'Of it, what no other source draws, km2; NULL for the union.';
