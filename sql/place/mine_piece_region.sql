-- core.mine_piece_region: the regions that every piece of a mine lies in, in every layer.
--
-- Grain:   one row per piece_id, layer, region_id.
-- Reads:   core.mine_piece, core.mine_face_region, core.country_part.
-- Stored:  yes, everything that is added up by place joins it.
-- Caveat:  where the outlines of a layer overlap, a piece lies in several of its regions.
-- Method:  docs/methods.md#pieces
CREATE OR REPLACE VIEW core.mine_piece_region AS
WITH piece AS ( -- noqa: ST03
    SELECT
        piece_id,
        mine_id AS outline_id,
        face,
        area_km2
    FROM core.mine_piece
),

face_region AS ( -- noqa: ST03
    SELECT
        mine_id AS outline_id,
        face,
        layer,
        region_id,
        source_id,
        part
    FROM core.mine_face_region
),

country AS ( -- noqa: ST03
    SELECT
        source_id,
        part,
        continent,
        study_region
    FROM core.country_part
)

SELECT
    piece_id,
    outline_id AS mine_id,
    layer,
    region_id,
    area_km2
FROM core.piece_region_of('piece', 'face_region', 'country')
ORDER BY mine_id, piece_id, layer, region_id;

COMMENT ON VIEW core.mine_piece_region IS 'The regions that every piece of a mine lies in, in every layer.';
COMMENT ON COLUMN core.mine_piece_region.piece_id IS 'Id of the piece.';
COMMENT ON COLUMN core.mine_piece_region.mine_id IS 'Mine that it is a piece of.';
COMMENT ON COLUMN core.mine_piece_region.layer IS
'country, continent, study_region, protected, biome, grid, or a layer of the project file.';
COMMENT ON COLUMN core.mine_piece_region.region_id IS 'Id of the region in its layer.';
COMMENT ON COLUMN core.mine_piece_region.area_km2 IS 'Area of the piece, km2, on the WGS84 ellipsoid.';
