-- core.footprint_piece_region: the regions that every piece of a footprint lies in, in every layer.
--
-- Grain:   one row per piece_id, layer, region_id.
-- Reads:   core.footprint_piece, core.footprint_face_region, core.country_part.
-- Stored:  yes, everything that is added up by place joins it.
-- Caveat:  where the outlines of a layer overlap, a piece lies in several of its regions.
-- Method:  docs/methods.md#pieces
CREATE OR REPLACE VIEW core.footprint_piece_region AS
WITH placed AS (
    SELECT
        footprint_piece.piece_id,
        footprint_piece.footprint_id,
        footprint_piece.area_km2,
        face_region.layer,
        face_region.region_id,
        face_region.source_id,
        face_region.part
    FROM core.footprint_piece
    INNER JOIN core.footprint_face_region AS face_region
        ON footprint_piece.footprint_id = face_region.footprint_id AND footprint_piece.face = face_region.face
),

on_continent AS (
    SELECT
        placed.*,
        unnest(
            [
                { 'layer': 'continent', 'region_id': country_part.continent },
                { 'layer': 'study_region', 'region_id': country_part.study_region }
            ]
        ) AS larger
    FROM placed
    INNER JOIN core.country_part
        ON placed.source_id = country_part.source_id AND placed.part = country_part.part
    WHERE placed.layer = 'country'
)

SELECT
    piece_id,
    footprint_id,
    layer,
    region_id,
    area_km2
FROM placed

UNION

SELECT
    piece_id,
    footprint_id,
    larger.layer AS layer,
    larger.region_id AS region_id,
    area_km2
FROM on_continent
WHERE larger.region_id IS NOT NULL
ORDER BY footprint_id, piece_id, layer, region_id;

COMMENT ON VIEW core.footprint_piece_region IS 'The regions that every piece of a footprint lies in, in every layer.';
COMMENT ON COLUMN core.footprint_piece_region.piece_id IS 'Id of the piece.';
COMMENT ON COLUMN core.footprint_piece_region.footprint_id IS 'Mine that it is a piece of.';
COMMENT ON COLUMN core.footprint_piece_region.layer IS
'country, continent, study_region, protected, biome, grid, or a layer of the project file.';
COMMENT ON COLUMN core.footprint_piece_region.region_id IS 'Id of the region in its layer.';
COMMENT ON COLUMN core.footprint_piece_region.area_km2 IS 'Area of the piece, km2, on the WGS84 ellipsoid.';
