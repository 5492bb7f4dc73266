-- fail_mine_disjoint: Two mines overlap.
--
-- Reads:   core.mine.
-- Caveat:  an overlap below a billionth of the smaller mine is the rounding of coordinates, and passes.
WITH pair AS (
    SELECT
        one.mine_id,
        other.mine_id AS other_id,
        least(ST_Area(one.geometry), ST_Area(other.geometry)) AS smaller,
        ST_Area(ST_Intersection(one.geometry, other.geometry)) AS shared
    FROM core.mine AS one
    INNER JOIN core.mine AS other
        ON ST_Intersects(one.geometry, other.geometry)
    WHERE abs(other.piece_key - one.piece_key) > 0
)

SELECT
    mine_id,
    other_id,
    shared / smaller AS shared_share
FROM pair
WHERE shared > 1e-9 * smaller;
