-- core.piece_of: the pieces that regions cut outlines into, each wholly inside or outside every region.
--
-- Caveat:  outlines names a relation with outline_id and area_km2, faces and face_regions are as core.face_of and
--          core.face_region_of give them. An outline that no border cuts is one piece without a geometry of its own.
--          Edges are geodesics: a border that crosses a long one bends it, which moves an area by up to 4e-5 of it.
--          The pieces of an outline are scaled by that much, so that they add up to it.
CREATE OR REPLACE MACRO core.piece_of(outlines, faces, face_regions) AS TABLE
    WITH region_set AS (
        SELECT
            lies.outline_id,
            lies.face,
            string_agg(
                concat_ws(chr(31), lies.layer, lies.region_id, lies.source_id, lies.part), chr(30) ORDER BY ALL
            ) AS regions
        FROM query_table(face_regions) AS lies
        GROUP BY lies.outline_id, lies.face
    ),

    placed AS (
        SELECT
            bit.outline_id,
            bit.face,
            bit.geometry,
            coalesce(region_set.regions, '') AS regions
        FROM query_table(faces) AS bit
        LEFT JOIN region_set
            ON
                bit.outline_id = region_set.outline_id
                -- A sliver goes with the largest face.
                AND CASE WHEN bit.point IS NULL THEN 1 ELSE bit.face END = region_set.face
    ),

    united AS (
        SELECT
            outline_id,
            min(face) AS face,
            count(*) OVER (PARTITION BY outline_id) AS n_pieces,
            CASE WHEN count(*) = 1 THEN any_value(geometry) ELSE ST_Union_Agg(geometry ORDER BY face) END AS geometry
        FROM placed
        GROUP BY outline_id, regions
    ),

    piece AS (
        SELECT
            outline_id,
            face,
            n_pieces,
            CASE WHEN n_pieces > 1 THEN ST_Normalize(ST_CollectionExtract(geometry, 3)) END AS geometry
        FROM united
    )

    SELECT
        piece.outline_id,
        piece.face,
        piece.n_pieces = 1 AS is_whole,
        CASE
            WHEN piece.n_pieces > 1
                THEN
                    shape.area_km2 * core.area_km2(piece.geometry)
                    / sum(core.area_km2(piece.geometry)) OVER whole
            ELSE shape.area_km2
        END AS area_km2,
        piece.geometry
    FROM piece
    INNER JOIN query_table(outlines) AS shape ON piece.outline_id = shape.outline_id
    WINDOW
        whole AS (
            PARTITION BY piece.outline_id ORDER BY piece.face
            ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
        );
