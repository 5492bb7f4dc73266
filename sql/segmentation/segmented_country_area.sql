-- core.segmented_country_area: area of each footprint polygon in each country that it reaches into.
--
-- Grain:   one row per prediction_id, iso3.
-- Reads:   core.segmented_polygon, core.segmented_country_square, core.country_tile.
-- Stored:  yes, one spatial join of what lies in no square of one country.
-- Caveat:  ground that two countries claim counts for both; ground outside all countries for none. A condition on the
--          area stands behind the sum: before it, every area would be computed twice.
-- Method:  docs/methods.md#countries
CREATE OR REPLACE VIEW core.segmented_country_area AS
WITH placed AS (
    SELECT
        segmented_polygon.prediction_id,
        segmented_polygon.area_km2,
        segmented_polygon.geometry,
        segmented_country_square.iso3
    FROM core.segmented_polygon
    LEFT JOIN core.segmented_country_square
        ON
            core.half_degree(ST_XMin(segmented_polygon.geometry)) = segmented_country_square.square_column
            AND core.half_degree(ST_YMin(segmented_polygon.geometry)) = segmented_country_square.square_row
            AND core.half_degree(ST_XMax(segmented_polygon.geometry)) = segmented_country_square.square_column
            AND core.half_degree(ST_YMax(segmented_polygon.geometry)) = segmented_country_square.square_row
),

unplaced AS MATERIALIZED (
    SELECT
        prediction_id,
        area_km2,
        geometry
    FROM placed
    WHERE iso3 IS NULL
),

meeting AS (
    SELECT
        unplaced.prediction_id,
        country_tile.iso3,
        country_tile.source_id,
        country_tile.part,
        country_tile.tile_column,
        country_tile.tile_row,
        CASE
            WHEN ST_Within(unplaced.geometry, country_tile.geometry) THEN unplaced.area_km2
            ELSE core.area_km2(
                ST_CollectionExtract(ST_Intersection(unplaced.geometry, country_tile.geometry), 3)
            )
        END AS area_km2
    FROM unplaced
    INNER JOIN core.country_tile
        ON ST_Intersects(unplaced.geometry, country_tile.geometry)
)

SELECT
    prediction_id,
    iso3,
    sum(area_km2 ORDER BY source_id, part, tile_column, tile_row) AS area_km2
FROM meeting
GROUP BY prediction_id, iso3
HAVING sum(area_km2) > 0

UNION ALL

SELECT
    prediction_id,
    iso3,
    area_km2
FROM placed
WHERE iso3 IS NOT NULL AND area_km2 > 0
ORDER BY prediction_id, iso3;

COMMENT ON VIEW core.segmented_country_area IS
'Area of each footprint polygon in each country that it reaches into.';
COMMENT ON COLUMN core.segmented_country_area.prediction_id IS 'Id of the polygon.';
COMMENT ON COLUMN core.segmented_country_area.iso3 IS 'Three-letter country code.';
COMMENT ON COLUMN core.segmented_country_area.area_km2 IS 'Area in the country, km2, on the WGS84 ellipsoid.';
