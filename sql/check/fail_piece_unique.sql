-- fail_piece_unique: Two pieces of mines, or of footprints, have one id.
--
-- Reads:   core.mine_piece, core.footprint_piece.
WITH piece AS (
    SELECT
        'mine' AS kind,
        piece_id
    FROM core.mine_piece

    UNION ALL

    SELECT
        'footprint' AS kind,
        piece_id
    FROM core.footprint_piece
)

SELECT
    kind,
    piece_id,
    count(*) AS n_pieces
FROM piece
GROUP BY kind, piece_id
HAVING count(*) > 1
ORDER BY kind, piece_id;
