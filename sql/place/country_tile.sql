-- core.country_tile: countries cut into squares of five degrees, which makes joins with them fast.
--
-- Grain:   one row per iso3, source polygon and square.
-- Reads:   raw.country.
-- Stored:  yes, cut once, joined by every step that asks for a country.
-- Method:  docs/methods.md#countries
CREATE OR REPLACE VIEW core.country_tile AS
WITH outline AS (
    SELECT
        iso3,
        source_id,
        part,
        geometry,
        floor(ST_XMin(geometry) / 5)::BIGINT AS column_first,
        floor(ST_XMax(geometry) / 5)::BIGINT AS column_last,
        floor(ST_YMin(geometry) / 5)::BIGINT AS row_first,
        floor(ST_YMax(geometry) / 5)::BIGINT AS row_last
    FROM raw.country
),

in_column AS (
    SELECT
        *,
        unnest(range(column_first, column_last + 1)) AS tile_column
    FROM outline
),

strip AS (
    SELECT
        iso3,
        source_id,
        part,
        tile_column,
        row_first,
        row_last,
        CASE
            WHEN column_first = column_last THEN geometry
            ELSE ST_CollectionExtract(
                ST_Intersection(
                    geometry, ST_MakeEnvelope(tile_column * 5, -90, tile_column * 5 + 5, 90)
                ),
                3
            )
        END AS geometry
    FROM in_column
),

in_row AS (
    SELECT
        *,
        unnest(range(row_first, row_last + 1)) AS tile_row
    FROM strip
    WHERE NOT ST_IsEmpty(geometry)
),

tile AS (
    SELECT
        iso3,
        source_id,
        part,
        tile_column,
        tile_row,
        CASE
            WHEN row_first = row_last THEN geometry
            ELSE ST_CollectionExtract(
                ST_Intersection(
                    geometry,
                    ST_MakeEnvelope(tile_column * 5, tile_row * 5, tile_column * 5 + 5, tile_row * 5 + 5)
                ),
                3
            )
        END AS geometry
    FROM in_row
)

SELECT
    tile.iso3,
    tile.source_id,
    tile.part,
    tile.tile_column,
    tile.tile_row,
    tile.geometry
FROM tile
WHERE NOT ST_IsEmpty(tile.geometry)
ORDER BY tile.iso3, tile.source_id, tile.part, tile.tile_column, tile.tile_row;

COMMENT ON VIEW core.country_tile IS
'Countries cut into squares of five degrees, which makes joins with them fast.';
COMMENT ON COLUMN core.country_tile.iso3 IS 'Three-letter country code.';
COMMENT ON COLUMN core.country_tile.source_id IS 'Id of the feature in the country source.';
COMMENT ON COLUMN core.country_tile.part IS 'Number of the polygon within its feature.';
COMMENT ON COLUMN core.country_tile.tile_column IS 'Longitude of the western edge, in steps of 5 degrees.';
COMMENT ON COLUMN core.country_tile.tile_row IS 'Latitude of the southern edge, in steps of 5 degrees.';
COMMENT ON COLUMN core.country_tile.geometry IS 'Part of the country in the square, EPSG:4326.';
