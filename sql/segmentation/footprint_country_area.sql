-- core.footprint_country_area: area of each footprint polygon in each country that it reaches into.
--
-- Grain:   one row per footprint_id, iso3.
-- Reads:   core.footprint_united, core.footprint_country_square, core.country_tile.
-- Stored:  yes, one spatial join of what lies in no square of one country.
-- Caveat:  ground that two countries claim counts for both; ground outside all countries for none. A condition on the
--          area stands behind the sum: before it, every area would be computed twice.
-- Method:  docs/methods.md#countries
CREATE OR REPLACE VIEW core.footprint_country_area AS
WITH placed AS (
    SELECT
        footprint_united.footprint_id,
        footprint_united.area_km2,
        footprint_united.geometry,
        footprint_country_square.iso3
    FROM core.footprint_united
    LEFT JOIN core.footprint_country_square
        ON
            core.half_degree(ST_XMin(footprint_united.geometry)) = footprint_country_square.square_column
            AND core.half_degree(ST_YMin(footprint_united.geometry)) = footprint_country_square.square_row
            AND core.half_degree(ST_XMax(footprint_united.geometry)) = footprint_country_square.square_column
            AND core.half_degree(ST_YMax(footprint_united.geometry)) = footprint_country_square.square_row
),

unplaced AS MATERIALIZED (
    SELECT
        footprint_id,
        area_km2,
        geometry
    FROM placed
    WHERE iso3 IS NULL
),

meeting AS (
    SELECT
        unplaced.footprint_id,
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
    footprint_id,
    iso3,
    sum(area_km2 ORDER BY source_id, part, tile_column, tile_row) AS area_km2
FROM meeting
GROUP BY footprint_id, iso3
HAVING sum(area_km2) > 0

UNION ALL

SELECT
    footprint_id,
    iso3,
    area_km2
FROM placed
WHERE iso3 IS NOT NULL AND area_km2 > 0
ORDER BY footprint_id, iso3;

COMMENT ON VIEW core.footprint_country_area IS
'Area of each footprint polygon in each country that it reaches into.';
COMMENT ON COLUMN core.footprint_country_area.footprint_id IS 'Id of the polygon.';
COMMENT ON COLUMN core.footprint_country_area.iso3 IS 'Three-letter country code.';
COMMENT ON COLUMN core.footprint_country_area.area_km2 IS 'Area in the country, km2, on the WGS84 ellipsoid.';
