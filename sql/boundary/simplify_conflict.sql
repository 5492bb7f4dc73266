-- core.simplify_conflict: pieces whose simple outline would overlap another piece, before or after.
--
-- Grain:   one row per piece_key that must keep its full outline.
-- Reads:   core.simplified.
-- Stored:  yes, one spatial join over all outlines.
-- Caveat:  every pair is tested in all three readings (simple-simple, simple-full, full-simple), so that
--          keeping one full outline can't cause a new overlap.
-- Method:  docs/methods.md#simplify (Xu et al. 2025, section 2.1)
CREATE OR REPLACE VIEW core.simplify_conflict AS
WITH simple AS (
    SELECT
        piece_key,
        geometry_after AS geometry
    FROM core.simplified
    WHERE geometry_after IS NOT NULL
),

outline AS (
    SELECT
        piece_key,
        geometry_before AS geometry
    FROM core.simplified

    UNION ALL

    SELECT
        piece_key,
        geometry
    FROM simple
),

overlap AS (
    SELECT
        simple.piece_key,
        outline.piece_key AS other_key
    FROM simple
    INNER JOIN outline
        ON ST_Intersects(simple.geometry, outline.geometry)
    WHERE
        abs(outline.piece_key - simple.piece_key) > 0
        AND NOT ST_Touches(simple.geometry, outline.geometry)
)

SELECT piece_key FROM overlap
UNION
SELECT other_key AS piece_key FROM overlap
ORDER BY piece_key;

COMMENT ON VIEW core.simplify_conflict IS
'Pieces whose simple outline would overlap another piece, before or after.';
COMMENT ON COLUMN core.simplify_conflict.piece_key IS 'Number of the piece.';
