-- core.attribute_near: mines near each feature that lies in none, with their distance.
--
-- Grain:   one row per source, feature_id, mine_id within the source's distance.
-- Reads:   raw.attribute_feature, core.attribute_inside, core.mine.
-- Caveat:  distances are measured on axes scaled at the feature's own latitude, right to 0.01 %, between boundaries:
--          between polygons ST_Distance gives 0 where a corner of one lies in line with an edge of the other.
-- Method:  docs/methods.md#attributes
CREATE OR REPLACE VIEW core.attribute_near AS
WITH loose AS (
    SELECT
        feature.source,
        feature.feature_id,
        feature.within_km,
        feature.geometry,
        radians((ST_YMin(feature.geometry) + ST_YMax(feature.geometry)) / 2) AS phi
    FROM raw.attribute_feature AS feature
    LEFT JOIN core.attribute_inside AS inside
        ON feature.source = inside.source AND feature.feature_id = inside.feature_id
    WHERE inside.mine_id IS NULL AND feature.within_km > 0
),

scaled AS (
    SELECT
        *,
        111.412877 * cos(phi) - 0.093504 * cos(3 * phi) AS km_east,
        111.132954 - 0.559822 * cos(2 * phi) AS km_north
    FROM loose
),

search AS (
    SELECT
        *,
        ST_MakeEnvelope(
            ST_XMin(geometry) - within_km / km_east,
            ST_YMin(geometry) - within_km / km_north,
            ST_XMax(geometry) + within_km / km_east,
            ST_YMax(geometry) + within_km / km_north
        ) AS search_area
    FROM scaled
)

SELECT
    search.source,
    search.feature_id,
    mine.mine_id,
    ST_Distance(
        ST_Boundary(ST_Scale(mine.geometry, search.km_east, search.km_north)),
        CASE
            WHEN ST_GeometryType(search.geometry)::VARCHAR LIKE '%POINT'
                THEN ST_Scale(search.geometry, search.km_east, search.km_north)
            ELSE ST_Boundary(ST_Scale(search.geometry, search.km_east, search.km_north))
        END
    ) AS distance_km
FROM search
INNER JOIN core.mine ON ST_Intersects(search.search_area, mine.geometry);

COMMENT ON VIEW core.attribute_near IS 'Mines near each feature that lies in none, with their distance.';
COMMENT ON COLUMN core.attribute_near.source IS 'Name of the source in the project file.';
COMMENT ON COLUMN core.attribute_near.feature_id IS 'Id of the feature in its source.';
COMMENT ON COLUMN core.attribute_near.mine_id IS 'Id of the mine.';
COMMENT ON COLUMN core.attribute_near.distance_km IS 'Distance from the feature to the mine, km.';
