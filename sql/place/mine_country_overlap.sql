-- core.mine_country_overlap: area of each mine in each country that it reaches.
--
-- Grain:   one row per mine_id, iso3.
-- Reads:   core.mine, core.country_tile.
-- Stored:  yes, one spatial join and an intersection where a mine crosses a tile's edge.
-- Method:  docs/methods.md#countries
CREATE OR REPLACE VIEW core.mine_country_overlap AS
WITH overlap AS (
    SELECT
        mine.mine_id,
        country_tile.iso3,
        country_tile.source_id,
        country_tile.part,
        country_tile.tile_column,
        country_tile.tile_row,
        CASE
            WHEN ST_Contains(country_tile.geometry, mine.geometry) THEN mine.area_km2
            ELSE core.area_km2(
                ST_CollectionExtract(ST_Intersection(mine.geometry, country_tile.geometry), 3)
            )
        END AS area_km2
    FROM core.mine
    INNER JOIN core.country_tile
        ON ST_Intersects(mine.geometry, country_tile.geometry)
)

SELECT
    mine_id,
    iso3,
    sum(area_km2 ORDER BY source_id, part, tile_column, tile_row) AS area_km2
FROM overlap
WHERE area_km2 > 0
GROUP BY mine_id, iso3
ORDER BY mine_id, iso3;

COMMENT ON VIEW core.mine_country_overlap IS 'Area of each mine in each country that it reaches.';
COMMENT ON COLUMN core.mine_country_overlap.mine_id IS 'Id of the mine.';
COMMENT ON COLUMN core.mine_country_overlap.iso3 IS 'Three-letter country code.';
COMMENT ON COLUMN core.mine_country_overlap.area_km2 IS 'Area in the country, km2, on the WGS84 ellipsoid.';
