-- core.segmented_country_area: area of each footprint polygon in each country that it reaches into.
--
-- Grain:   one row per prediction_id, iso3.
-- Reads:   core.segmented_polygon, core.country_tile.
-- Stored:  yes, one spatial join.
-- Caveat:  ground that two countries claim counts for both; ground outside all countries for none.
-- Method:  docs/methods.md#countries
CREATE OR REPLACE VIEW core.segmented_country_area AS
WITH meeting AS (
    SELECT
        segmented_polygon.prediction_id,
        country_tile.iso3,
        country_tile.source_id,
        country_tile.part,
        country_tile.tile_column,
        country_tile.tile_row,
        CASE
            WHEN ST_Within(segmented_polygon.geometry, country_tile.geometry)
                THEN segmented_polygon.area_km2
            ELSE core.area_km2(
                ST_CollectionExtract(
                    ST_Intersection(segmented_polygon.geometry, country_tile.geometry), 3
                )
            )
        END AS area_km2
    FROM core.segmented_polygon
    INNER JOIN core.country_tile
        ON ST_Intersects(segmented_polygon.geometry, country_tile.geometry)
)

SELECT
    prediction_id,
    iso3,
    sum(area_km2 ORDER BY source_id, part, tile_column, tile_row) AS area_km2
FROM meeting
WHERE area_km2 > 0
GROUP BY prediction_id, iso3
ORDER BY prediction_id, iso3;

COMMENT ON VIEW core.segmented_country_area IS
'Area of each footprint polygon in each country that it reaches into.';
COMMENT ON COLUMN core.segmented_country_area.prediction_id IS 'Id of the polygon.';
COMMENT ON COLUMN core.segmented_country_area.iso3 IS 'Three-letter country code.';
COMMENT ON COLUMN core.segmented_country_area.area_km2 IS 'Area in the country, km2, on the WGS84 ellipsoid.';
