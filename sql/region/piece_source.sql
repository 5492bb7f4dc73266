-- core.piece_source: the ground of each piece of a mine that each source draws, in all and alone.
--
-- Grain:   one row per piece_id, source that drew a part of it.
-- Reads:   core.mine_piece, core.mine_source_ground, core.mine_source_alone.
-- Stored:  yes, because it cuts and unites outlines.
-- Caveat:  only pieces of mines that several sources drew are cut. They are scaled as pieces of mines are, so that a
--          source's ground in the pieces of a mine adds up to its ground in the mine.
-- Method:  docs/methods.md#sources
CREATE OR REPLACE VIEW core.piece_source AS
WITH cut AS (
    SELECT
        piece.piece_id,
        piece.mine_id,
        ground.source,
        ST_CollectionExtract(ST_Intersection(piece.geometry, ground.geometry), 3) AS geometry
    FROM core.mine_piece AS piece
    INNER JOIN core.mine_source_ground AS ground ON piece.mine_id = ground.mine_id
    WHERE NOT piece.is_whole AND ground.geometry IS NOT NULL
),

other AS (
    SELECT
        one.piece_id,
        one.source,
        ST_Union_Agg(other.geometry ORDER BY other.source) AS geometry
    FROM cut AS one
    INNER JOIN cut AS other ON one.piece_id = other.piece_id
    WHERE one.source <> other.source
    GROUP BY one.piece_id, one.source
),

measured AS (
    SELECT
        cut.piece_id,
        cut.mine_id,
        cut.source,
        core.area_km2(cut.geometry) AS area_km2,
        greatest(
            core.area_km2(cut.geometry)
            - coalesce(core.area_km2(ST_CollectionExtract(ST_Intersection(cut.geometry, other.geometry), 3)), 0),
            0
        ) AS alone_km2
    FROM cut
    LEFT JOIN other ON cut.piece_id = other.piece_id AND cut.source = other.source
),

drawn AS (
    SELECT
        measured.piece_id,
        measured.mine_id,
        measured.source,
        ground.area_km2 * measured.area_km2 / nullif(sum(measured.area_km2) OVER whole, 0) AS area_km2,
        coalesce(alone.alone_km2 * measured.alone_km2 / nullif(sum(measured.alone_km2) OVER whole, 0), 0) AS alone_km2
    FROM measured
    INNER JOIN core.mine_source_ground AS ground
        ON measured.mine_id = ground.mine_id AND measured.source = ground.source
    INNER JOIN core.mine_source_alone AS alone
        ON measured.mine_id = alone.mine_id AND measured.source = alone.source
    WINDOW
        whole AS (
            PARTITION BY measured.mine_id, measured.source ORDER BY measured.piece_id
            ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
        )

    UNION ALL

    SELECT
        piece.piece_id,
        piece.mine_id,
        ground.source,
        CASE WHEN piece.is_whole THEN ground.area_km2 ELSE piece.area_km2 END AS area_km2,
        CASE WHEN piece.is_whole THEN alone.alone_km2 ELSE piece.area_km2 END AS alone_km2
    FROM core.mine_piece AS piece
    INNER JOIN core.mine_source_ground AS ground ON piece.mine_id = ground.mine_id
    INNER JOIN core.mine_source_alone AS alone
        ON ground.mine_id = alone.mine_id AND ground.source = alone.source
    WHERE piece.is_whole OR ground.geometry IS NULL
)

SELECT
    piece_id,
    mine_id,
    source,
    area_km2,
    alone_km2
FROM drawn
WHERE area_km2 > 0
ORDER BY mine_id, piece_id, source;

COMMENT ON VIEW core.piece_source IS
'The ground of each piece of a mine that each source draws, in all and alone.';
COMMENT ON COLUMN core.piece_source.piece_id IS 'Id of the piece.';
COMMENT ON COLUMN core.piece_source.mine_id IS 'Mine that it is a piece of.';
COMMENT ON COLUMN core.piece_source.source IS 'Name of the source in the project file.';
COMMENT ON COLUMN core.piece_source.area_km2 IS 'Area of the piece that it draws, km2, on the WGS84 ellipsoid.';
COMMENT ON COLUMN core.piece_source.alone_km2 IS 'Of it, what no other source draws, km2.';
