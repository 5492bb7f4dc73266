-- core.mine_country: the one country of each mine: most of its area, or the nearest one offshore.
--
-- Grain:   one row per mine_id; a mine far from any country has no row.
-- Reads:   core.mine, core.mine_region, core.country_ground, core.country, core.country_part, parameter.
-- Layers:  country, continent, study_region.
-- Stored:  yes, nearest countries take a spatial join, and many views read it.
-- Caveat:  the distance is measured in degrees scaled by cos(latitude), times 111.19508 km, between boundaries:
--          between polygons ST_Distance gives 0 where a corner of one lies in line with an edge of the other.
--          Countries are looked for across the antimeridian, too.
-- Method:  docs/methods.md#countries
CREATE OR REPLACE VIEW core.mine_country AS
WITH largest AS (
    SELECT
        mine_id,
        max(CASE WHEN layer = 'country' THEN region_id END) AS iso3,
        max(CASE WHEN layer = 'continent' THEN region_id END) AS continent,
        max(CASE WHEN layer = 'study_region' THEN region_id END) AS study_region
    FROM core.mine_region
    WHERE is_main AND layer IN ('country', 'continent', 'study_region')
    GROUP BY mine_id
    HAVING iso3 IS NOT NULL
),

offshore AS (
    SELECT
        mine.mine_id,
        cos(radians(mine.latitude)) AS degrees_east,
        world.turn,
        mine.geometry,
        ST_MakeEnvelope(
            mine.xmin + world.turn - parameter.offshore_distance_km / 111.19508 / cos(radians(mine.latitude)),
            mine.ymin - parameter.offshore_distance_km / 111.19508,
            mine.xmax + world.turn + parameter.offshore_distance_km / 111.19508 / cos(radians(mine.latitude)),
            mine.ymax + parameter.offshore_distance_km / 111.19508
        ) AS search_area
    FROM core.mine, main.parameter, (VALUES (-360), (0), (360)) AS world (turn)
    WHERE
        parameter.offshore_distance_km > 0
        AND mine.mine_id NOT IN (SELECT largest.mine_id FROM largest)
),

near AS (
    SELECT
        offshore.mine_id,
        ground.source_id,
        ground.part,
        111.19508 * ST_Distance(
            ST_Boundary(
                ST_Affine(
                    offshore.geometry, offshore.degrees_east, 0, 0, 1, offshore.turn * offshore.degrees_east, 0
                )
            ),
            ST_Boundary(ST_Scale(ground.geometry, offshore.degrees_east, 1.0))
        ) AS distance_km
    FROM offshore
    INNER JOIN core.country_ground AS ground
        ON ST_Intersects(offshore.search_area, ground.geometry)
),

nearest AS (
    SELECT
        near.mine_id,
        arg_min(country_part, (near.distance_km, country_part.iso3, near.source_id, near.part)) AS ground,
        min(near.distance_km) AS distance_km
    FROM near
    INNER JOIN core.country_part ON near.source_id = country_part.source_id AND near.part = country_part.part
    CROSS JOIN main.parameter
    WHERE near.distance_km <= parameter.offshore_distance_km
    GROUP BY near.mine_id
)

SELECT
    assigned.mine_id,
    assigned.iso3,
    country.country,
    assigned.continent,
    assigned.study_region,
    assigned.distance_km IS NOT NULL AS is_offshore,
    assigned.distance_km
FROM (
    SELECT
        largest.*,
        NULL::DOUBLE AS distance_km
    FROM largest

    UNION ALL

    SELECT
        nearest.mine_id,
        nearest.ground.iso3,
        nearest.ground.continent,
        nearest.ground.study_region,
        nearest.distance_km
    FROM nearest
) AS assigned
INNER JOIN core.country ON assigned.iso3 = country.iso3
ORDER BY assigned.mine_id;

COMMENT ON VIEW core.mine_country IS
'The one country of each mine: most of its area, or the nearest one offshore.';
COMMENT ON COLUMN core.mine_country.mine_id IS 'Id of the mine.';
COMMENT ON COLUMN core.mine_country.iso3 IS 'Three-letter country code.';
COMMENT ON COLUMN core.mine_country.country IS 'Name of the country.';
COMMENT ON COLUMN core.mine_country.continent IS 'Continent that most of it lies on, or of the nearest ground.';
COMMENT ON COLUMN core.mine_country.study_region IS
'Region of the study that most of it lies in, or of the nearest ground.';
COMMENT ON COLUMN core.mine_country.is_offshore IS 'Whether the mine lies in no country at all.';
COMMENT ON COLUMN core.mine_country.distance_km IS
'Distance to that country, km; NULL where the mine reaches into it.';
