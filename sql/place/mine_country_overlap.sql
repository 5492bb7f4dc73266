-- core.mine_country_overlap: area of each mine in each country that it reaches.
--
-- Grain:   one row per mine_id, iso3.
-- Reads:   core.mine, core.mine_country_square, core.country_tile.
-- Stored:  yes, one spatial join of what lies in no square of one country.
-- Method:  docs/methods.md#countries
CREATE OR REPLACE VIEW core.mine_country_overlap AS
WITH placed AS (
    SELECT
        mine.mine_id,
        mine.area_km2,
        mine.geometry,
        mine_country_square.iso3
    FROM core.mine
    LEFT JOIN core.mine_country_square
        ON
            core.half_degree(mine.xmin) = mine_country_square.square_column
            AND core.half_degree(mine.ymin) = mine_country_square.square_row
            AND core.half_degree(mine.xmax) = mine_country_square.square_column
            AND core.half_degree(mine.ymax) = mine_country_square.square_row
),

unplaced AS MATERIALIZED (
    SELECT
        mine_id,
        area_km2,
        geometry
    FROM placed
    WHERE iso3 IS NULL
),

overlap AS (
    SELECT
        unplaced.mine_id,
        country_tile.iso3,
        country_tile.source_id,
        country_tile.part,
        country_tile.tile_column,
        country_tile.tile_row,
        CASE
            WHEN ST_Contains(country_tile.geometry, unplaced.geometry) THEN unplaced.area_km2
            ELSE core.area_km2(
                ST_CollectionExtract(ST_Intersection(unplaced.geometry, country_tile.geometry), 3)
            )
        END AS area_km2
    FROM unplaced
    INNER JOIN core.country_tile
        ON ST_Intersects(unplaced.geometry, country_tile.geometry)
)

SELECT
    mine_id,
    iso3,
    sum(area_km2 ORDER BY source_id, part, tile_column, tile_row) AS area_km2
FROM overlap
WHERE area_km2 > 0
GROUP BY mine_id, iso3

UNION ALL

SELECT
    mine_id,
    iso3,
    area_km2
FROM placed
WHERE iso3 IS NOT NULL
ORDER BY mine_id, iso3;

COMMENT ON VIEW core.mine_country_overlap IS 'Area of each mine in each country that it reaches.';
COMMENT ON COLUMN core.mine_country_overlap.mine_id IS 'Id of the mine.';
COMMENT ON COLUMN core.mine_country_overlap.iso3 IS 'Three-letter country code.';
COMMENT ON COLUMN core.mine_country_overlap.area_km2 IS 'Area in the country, km2, on the WGS84 ellipsoid.';
