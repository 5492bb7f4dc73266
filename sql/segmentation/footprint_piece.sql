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
WITH region_set AS (
    SELECT
        footprint_id,
        face,
        string_agg(concat_ws(chr(31), layer, region_id, source_id, part), chr(30) ORDER BY ALL) AS regions
    FROM core.footprint_face_region
    GROUP BY footprint_id, face
),

placed AS (
    SELECT
        footprint_face.footprint_id,
        footprint_face.face,
        footprint_face.geometry,
        coalesce(region_set.regions, '') AS regions
    FROM core.footprint_face
    LEFT JOIN region_set
        ON
            footprint_face.footprint_id = region_set.footprint_id
            -- A sliver goes with the largest face.
            AND CASE WHEN footprint_face.point IS NULL THEN 1 ELSE footprint_face.face END = region_set.face
),

united AS (
    SELECT
        footprint_id,
        min(face) AS face,
        count(*) OVER (PARTITION BY footprint_id) AS n_pieces,
        CASE WHEN count(*) = 1 THEN any_value(geometry) ELSE ST_Union_Agg(geometry ORDER BY face) END AS geometry
    FROM placed
    GROUP BY footprint_id, regions
),

piece AS (
    SELECT
        footprint_id,
        face,
        n_pieces,
        CASE WHEN n_pieces > 1 THEN ST_Normalize(ST_CollectionExtract(geometry, 3)) END AS geometry
    FROM united
)

SELECT
    -- Not from its outline alone: a mine that stands still has the same pieces every year.
    CASE WHEN piece.n_pieces > 1 THEN piece.face || '#' || piece.footprint_id ELSE piece.footprint_id END AS piece_id,
    piece.footprint_id,
    piece.face,
    piece.n_pieces = 1 AS is_whole,
    CASE
        WHEN piece.n_pieces > 1
            THEN
                outline.area_km2 * core.area_km2(piece.geometry)
                / sum(core.area_km2(piece.geometry)) OVER whole
        ELSE outline.area_km2
    END AS area_km2,
    piece.geometry
FROM piece
INNER JOIN core.footprint_united AS outline ON piece.footprint_id = outline.footprint_id
WINDOW
    whole AS (
        PARTITION BY piece.footprint_id ORDER BY piece.face
        ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
    )
ORDER BY piece.footprint_id, piece.face;

COMMENT ON VIEW core.footprint_piece IS
'The pieces that regions cut footprints into, each wholly inside or outside every region.';
COMMENT ON COLUMN core.footprint_piece.piece_id IS
'Number of its face and id of its footprint; of a whole footprint its own id.';
COMMENT ON COLUMN core.footprint_piece.footprint_id IS 'Mine that it is a piece of.';
COMMENT ON COLUMN core.footprint_piece.face IS 'Face of core.footprint_face whose regions are the piece''s.';
COMMENT ON COLUMN core.footprint_piece.is_whole IS 'Whether the piece is the whole footprint.';
COMMENT ON COLUMN core.footprint_piece.area_km2 IS 'Area, km2, on the WGS84 ellipsoid.';
COMMENT ON COLUMN core.footprint_piece.geometry IS 'Polygon, or several, EPSG:4326; NULL for a whole footprint.';
