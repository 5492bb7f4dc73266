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
WITH region_set AS (
    SELECT
        mine_id,
        face,
        string_agg(concat_ws(chr(31), layer, region_id, source_id, part), chr(30) ORDER BY ALL) AS regions
    FROM core.mine_face_region
    GROUP BY mine_id, face
),

placed AS (
    SELECT
        mine_face.mine_id,
        mine_face.face,
        mine_face.geometry,
        coalesce(region_set.regions, '') AS regions
    FROM core.mine_face
    LEFT JOIN region_set
        ON
            mine_face.mine_id = region_set.mine_id
            -- A sliver goes with the largest face.
            AND CASE WHEN mine_face.point IS NULL THEN 1 ELSE mine_face.face END = region_set.face
),

united AS (
    SELECT
        mine_id,
        min(face) AS face,
        count(*) OVER (PARTITION BY mine_id) AS n_pieces,
        CASE WHEN count(*) = 1 THEN any_value(geometry) ELSE ST_Union_Agg(geometry ORDER BY face) END AS geometry
    FROM placed
    GROUP BY mine_id, regions
),

piece AS (
    SELECT
        mine_id,
        face,
        n_pieces,
        CASE WHEN n_pieces > 1 THEN ST_Normalize(ST_CollectionExtract(geometry, 3)) END AS geometry
    FROM united
)

SELECT
    CASE WHEN piece.n_pieces > 1 THEN core.content_id('p', piece.geometry) ELSE piece.mine_id END AS piece_id,
    piece.mine_id,
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
INNER JOIN core.mine AS outline ON piece.mine_id = outline.mine_id
WINDOW
    whole AS (
        PARTITION BY piece.mine_id ORDER BY piece.face
        ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
    )
ORDER BY piece.mine_id, piece.face;

COMMENT ON VIEW core.mine_piece IS
'The pieces that regions cut mines into, each wholly inside or outside every region.';
COMMENT ON COLUMN core.mine_piece.piece_id IS
'Id made from the piece''s outline; of a whole mine its own id.';
COMMENT ON COLUMN core.mine_piece.mine_id IS 'Mine that it is a piece of.';
COMMENT ON COLUMN core.mine_piece.face IS 'Face of core.mine_face whose regions are the piece''s.';
COMMENT ON COLUMN core.mine_piece.is_whole IS 'Whether the piece is the whole mine.';
COMMENT ON COLUMN core.mine_piece.area_km2 IS 'Area, km2, on the WGS84 ellipsoid.';
COMMENT ON COLUMN core.mine_piece.geometry IS 'Polygon, or several, EPSG:4326; NULL for a whole mine.';
