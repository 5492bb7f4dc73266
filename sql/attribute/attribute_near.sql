-- core.attribute_near: mines near each feature that lies in none, with their distance.
--
-- Grain:   one row per source, feature_id, mine_id within the source's distance.
-- Reads:   raw.attribute_feature, core.attribute_inside, core.mine.
-- Caveat:  distances are measured on axes scaled halfway between the feature and the mine, right to 0.01 % within
--          100 km and to 0.2 % at 500, between boundaries: between polygons ST_Distance gives 0 where a corner of one
--          lies in line with an edge of the other. A feature near the 180th meridian is looked for from both sides.
-- Method:  docs/methods.md#attributes
CREATE OR REPLACE VIEW core.attribute_near AS
WITH loose AS (
    SELECT
        feature.source,
        feature.feature_id,
        feature.within_km,
        feature.geometry,
        (ST_YMin(feature.geometry) + ST_YMax(feature.geometry)) / 2 AS latitude,
        feature.within_km / 110.5 AS high,
        feature.within_km / 111.3 / cos(radians(least(
            greatest(abs(ST_YMin(feature.geometry)), abs(ST_YMax(feature.geometry))) + feature.within_km / 110.5,
            89.9
        ))) AS wide,
        unnest([-360, 0, 360]) AS shift
    FROM raw.attribute_feature AS feature
    LEFT JOIN core.attribute_inside AS inside
        ON feature.source = inside.source AND feature.feature_id = inside.feature_id
    WHERE inside.mine_id IS NULL AND feature.within_km > 0
),

search AS (
    SELECT
        loose.source,
        loose.feature_id,
        loose.latitude,
        CASE
            WHEN loose.shift = 0 THEN loose.geometry ELSE ST_Translate(loose.geometry, loose.shift, 0)
        END AS geometry,
        ST_MakeEnvelope(
            ST_XMin(loose.geometry) + loose.shift - loose.wide,
            ST_YMin(loose.geometry) - loose.high,
            ST_XMax(loose.geometry) + loose.shift + loose.wide,
            ST_YMax(loose.geometry) + loose.high
        ) AS search_area
    FROM loose
    WHERE
        ST_XMin(loose.geometry) + loose.shift - loose.wide <= 180
        AND ST_XMax(loose.geometry) + loose.shift + loose.wide >= -180
),

pair AS (
    SELECT
        search.source,
        search.feature_id,
        mine.mine_id,
        search.geometry AS feature_geometry,
        mine.geometry AS mine_geometry,
        radians((
            search.latitude
            + least(greatest(search.latitude, ST_YMin(mine.geometry)), ST_YMax(mine.geometry))
        ) / 2) AS phi
    FROM search
    INNER JOIN core.mine ON ST_Intersects(search.search_area, mine.geometry)
),

scaled AS (
    SELECT
        *,
        111.412877 * cos(phi) - 0.093504 * cos(3 * phi) AS km_east,
        111.132954 - 0.559822 * cos(2 * phi) AS km_north
    FROM pair
)

SELECT
    source,
    feature_id,
    mine_id,
    ST_Distance(
        ST_Boundary(ST_Scale(mine_geometry, km_east, km_north)),
        CASE
            WHEN ST_GeometryType(feature_geometry)::VARCHAR LIKE '%POINT'
                THEN ST_Scale(feature_geometry, km_east, km_north)
            ELSE ST_Boundary(ST_Scale(feature_geometry, km_east, km_north))
        END
    ) AS distance_km
FROM scaled;

COMMENT ON VIEW core.attribute_near IS 'Mines near each feature that lies in none, with their distance.';
COMMENT ON COLUMN core.attribute_near.source IS 'Name of the source in the project file.';
COMMENT ON COLUMN core.attribute_near.feature_id IS 'Id of the feature in its source.';
COMMENT ON COLUMN core.attribute_near.mine_id IS 'Id of the mine.';
COMMENT ON COLUMN core.attribute_near.distance_km IS 'Distance from the feature to the mine, km.';
