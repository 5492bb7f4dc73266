-- fail_piece_sum: The pieces of a mine or footprint leave out or double a part of it.
--
-- Reads:   core.mine, core.mine_piece, core.footprint_united, core.footprint_piece.
-- Caveat:  in square degrees, where a cut moves nothing.
WITH piece AS (
    SELECT
        mine_id AS outline_id,
        geometry
    FROM core.mine_piece
    WHERE NOT is_whole

    UNION ALL

    SELECT
        footprint_id AS outline_id,
        geometry
    FROM core.footprint_piece
    WHERE NOT is_whole
),

outline AS (
    SELECT
        mine_id AS outline_id,
        geometry
    FROM core.mine

    UNION ALL

    SELECT
        footprint_id AS outline_id,
        geometry
    FROM core.footprint_united
)

SELECT
    outline.outline_id,
    ST_Area(any_value(outline.geometry)) AS area_deg2,
    sum(ST_Area(piece.geometry)) AS pieces_deg2
FROM outline
INNER JOIN piece ON outline.outline_id = piece.outline_id
GROUP BY outline.outline_id
HAVING abs(sum(ST_Area(piece.geometry)) / ST_Area(any_value(outline.geometry)) - 1) > 1e-9;
