-- core.footprint_piece: the pieces that regions cut footprints into, each wholly inside or outside every region.
--
-- Grain:   one row per piece_id; the pieces of a footprint add up to it.
-- Reads:   core.footprint_united, core.footprint_face, core.footprint_face_region.
-- Stored:  yes, it puts faces together, and everything that is added up by place joins it.
-- Caveat:  a footprint that no border cuts is one piece under its own id, without a geometry of its own.
--          Edges are geodesics: a border that crosses a long one bends it, which moves an area by up to 4e-5 of it.
--          The pieces of a footprint are scaled by that much, so that they add up to the footprint.
-- Method:  docs/methods.md#pieces
CREATE OR REPLACE VIEW core.footprint_piece AS
WITH outline AS ( -- noqa: ST03
    SELECT
        footprint_id AS outline_id,
        area_km2
    FROM core.footprint_united
),

face AS ( -- noqa: ST03
    SELECT
        footprint_id AS outline_id,
        face,
        point,
        geometry
    FROM core.footprint_face
),

face_region AS ( -- noqa: ST03
    SELECT
        footprint_id AS outline_id,
        face,
        layer,
        region_id,
        source_id,
        part
    FROM core.footprint_face_region
)

SELECT
    -- Not from its outline alone: a mine that stands still has the same pieces every year.
    CASE WHEN is_whole THEN outline_id ELSE face || '#' || outline_id END AS piece_id,
    outline_id AS footprint_id,
    face,
    is_whole,
    area_km2,
    geometry
FROM core.piece_of('outline', 'face', 'face_region')
ORDER BY footprint_id, face;

COMMENT ON VIEW core.footprint_piece IS
'The pieces that regions cut footprints into, each wholly inside or outside every region.';
COMMENT ON COLUMN core.footprint_piece.piece_id IS
'Number of its face and id of its footprint; of a whole footprint its own id.';
COMMENT ON COLUMN core.footprint_piece.footprint_id IS 'Mine that it is a piece of.';
COMMENT ON COLUMN core.footprint_piece.face IS 'Face of core.footprint_face whose regions are the piece''s.';
COMMENT ON COLUMN core.footprint_piece.is_whole IS 'Whether the piece is the whole footprint.';
COMMENT ON COLUMN core.footprint_piece.area_km2 IS 'Area, km2, on the WGS84 ellipsoid.';
COMMENT ON COLUMN core.footprint_piece.geometry IS 'Polygon, or several, EPSG:4326; NULL for a whole footprint.';
