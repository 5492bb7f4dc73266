-- core.region_tile: regions of many vertices cut into squares of five degrees, which makes joins with them fast.
--
-- Grain:   one row per layer, source_id, part and square.
-- Reads:   core.region_outline.
-- Stored:  yes, cut once, joined by every step that asks for a region.
-- Caveat:  regions of up to 500 vertices are quick as they are, and stay in core.region_outline.
-- Method:  docs/methods.md#pieces
CREATE OR REPLACE VIEW core.region_tile AS
WITH outline AS (
    SELECT
        layer,
        region_id,
        source_id,
        part,
        geometry,
        unnest(range(floor(ST_XMin(geometry) / 5)::BIGINT, floor(ST_XMax(geometry) / 5)::BIGINT + 1)) AS tile_column
    FROM core.region_outline
    WHERE ST_NPoints(geometry) > 500
),

strip AS (
    SELECT
        * EXCLUDE (geometry),
        ST_CollectionExtract(
            ST_Intersection(geometry, ST_MakeEnvelope(tile_column * 5, -90, tile_column * 5 + 5, 90)), 3
        ) AS geometry
    FROM outline
),

in_row AS (
    SELECT
        *,
        unnest(range(floor(ST_YMin(geometry) / 5)::BIGINT, floor(ST_YMax(geometry) / 5)::BIGINT + 1)) AS tile_row
    FROM strip
    WHERE NOT ST_IsEmpty(geometry)
),

tile AS (
    SELECT
        * REPLACE (
            ST_CollectionExtract(
                ST_Intersection(
                    geometry,
                    ST_MakeEnvelope(tile_column * 5, tile_row * 5, tile_column * 5 + 5, tile_row * 5 + 5)
                ),
                3
            ) AS geometry
        )
    FROM in_row
)

SELECT
    tile.layer,
    tile.region_id,
    tile.source_id,
    tile.part,
    tile.tile_column,
    tile.tile_row,
    tile.geometry
FROM tile
WHERE NOT ST_IsEmpty(tile.geometry)
ORDER BY tile.layer, tile.region_id, tile.source_id, tile.part, tile.tile_column, tile.tile_row;

COMMENT ON VIEW core.region_tile IS
'Regions of many vertices cut into squares of five degrees, which makes joins with them fast.';
COMMENT ON COLUMN core.region_tile.layer IS 'Region layer.';
COMMENT ON COLUMN core.region_tile.region_id IS 'Id of the region in its layer.';
COMMENT ON COLUMN core.region_tile.source_id IS 'Id of the feature in its source.';
COMMENT ON COLUMN core.region_tile.part IS 'Number of the polygon within its feature.';
COMMENT ON COLUMN core.region_tile.tile_column IS 'Longitude of the western edge, in steps of 5 degrees.';
COMMENT ON COLUMN core.region_tile.tile_row IS 'Latitude of the southern edge, in steps of 5 degrees.';
COMMENT ON COLUMN core.region_tile.geometry IS 'Part of the region in the square, EPSG:4326.';
