-- core.mine_piece: the pieces that regions cut mines into, each wholly inside or outside every region.
--
-- Grain:   one row per piece_id; the pieces of a mine add up to it.
-- Reads:   core.mine, core.mine_face, core.mine_face_region.
-- Stored:  yes, it puts faces together, and everything that is added up by place joins it.
-- Caveat:  a mine that no border cuts is one piece under its own id, without a geometry of its own.
--          Edges are geodesics: a border that crosses a long one bends it, which moves an area by up to 4e-5 of it.
--          The pieces of a mine are scaled by that much, so that they add up to the mine.
-- Method:  docs/methods.md#pieces
CREATE OR REPLACE VIEW core.mine_piece AS
WITH outline AS ( -- noqa: ST03
    SELECT
        mine_id AS outline_id,
        area_km2
    FROM core.mine
),

face AS ( -- noqa: ST03
    SELECT
        mine_id AS outline_id,
        face,
        point,
        geometry
    FROM core.mine_face
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
)

SELECT
    CASE WHEN is_whole THEN outline_id ELSE core.content_id('p', geometry) END AS piece_id,
    outline_id AS mine_id,
    face,
    is_whole,
    area_km2,
    geometry
FROM core.piece_of('outline', 'face', 'face_region')
ORDER BY mine_id, face;

COMMENT ON VIEW core.mine_piece IS
'The pieces that regions cut mines into, each wholly inside or outside every region.';
COMMENT ON COLUMN core.mine_piece.piece_id IS
'Id made from the piece''s outline; of a whole mine its own id.';
COMMENT ON COLUMN core.mine_piece.mine_id IS 'Mine that it is a piece of.';
COMMENT ON COLUMN core.mine_piece.face IS 'Face of core.mine_face whose regions are the piece''s.';
COMMENT ON COLUMN core.mine_piece.is_whole IS 'Whether the piece is the whole mine.';
COMMENT ON COLUMN core.mine_piece.area_km2 IS 'Area, km2, on the WGS84 ellipsoid.';
COMMENT ON COLUMN core.mine_piece.geometry IS 'Polygon, or several, EPSG:4326; NULL for a whole mine.';
