-- core.ring_simplified: rings without the vertices that lie near neighbours and near their chord.
--
-- Grain:   one row per piece_key, ring.
-- Reads:   core.ring, parameter.
-- Stored:  yes, several passes over all vertices.
-- Caveat:  a pass may drop vertices at even positions only, the next one at odd positions, so that every vertex
--          dropped has both neighbours kept; passes end when two in a row drop nothing. Then no vertex is left
--          whose neighbours are within simplify_neighbour_m and whose offset from their chord is under
--          simplify_tolerance_m, but for a ring's first (its westernmost, a corner) and rings of four: a ring of five
--          or six that a pass would bring to three keeps the last of those vertices.
-- Method:  docs/methods.md#simplify (Xu et al. 2025, section 2.1)
CREATE OR REPLACE VIEW core.ring_simplified AS
WITH RECURSIVE pass (piece_key, ring, vertices, number, n_idle) AS (
    SELECT
        piece_key,
        ring,
        vertices,
        0 AS number,
        0 AS n_idle
    FROM core.ring

    UNION ALL

    SELECT
        piece_key,
        ring,
        CASE
            WHEN len(kept) >= 4 THEN kept
            ELSE list_filter(
                vertices,
                lambda v: list_contains(kept, v)
                OR v = list_last(list_filter(vertices, lambda other: NOT list_contains(kept, other)))
            )
        END AS vertices,
        number + 1 AS number,
        CASE WHEN len(kept) = len(vertices) THEN n_idle + 1 ELSE 0 END AS n_idle
    FROM (
        SELECT
            pass.piece_key,
            pass.ring,
            pass.vertices,
            pass.number,
            pass.n_idle,
            list_filter(
                pass.vertices,
                lambda v, i: NOT (
                    (i + pass.number) % 2 = 0
                    AND i > 1
                    AND sqrt(
                        (v.east_m - pass.vertices[i - 1].east_m) ** 2
                        + (v.north_m - pass.vertices[i - 1].north_m) ** 2
                    ) <= parameter.simplify_neighbour_m
                    AND sqrt(
                        (v.east_m - pass.vertices[i % len(pass.vertices) + 1].east_m) ** 2
                        + (v.north_m - pass.vertices[i % len(pass.vertices) + 1].north_m) ** 2
                    ) <= parameter.simplify_neighbour_m
                    AND abs(
                        (pass.vertices[i % len(pass.vertices) + 1].east_m - pass.vertices[i - 1].east_m)
                        * (pass.vertices[i - 1].north_m - v.north_m)
                        - (pass.vertices[i - 1].east_m - v.east_m)
                        * (pass.vertices[i % len(pass.vertices) + 1].north_m - pass.vertices[i - 1].north_m)
                    ) < parameter.simplify_tolerance_m * sqrt(
                        (pass.vertices[i % len(pass.vertices) + 1].east_m - pass.vertices[i - 1].east_m) ** 2
                        + (pass.vertices[i % len(pass.vertices) + 1].north_m - pass.vertices[i - 1].north_m) ** 2
                    )
                )
            ) AS kept
        FROM pass, main.parameter
        WHERE pass.n_idle < 2 AND len(pass.vertices) > 4
    )
)

SELECT
    piece_key,
    ring,
    vertices,
    number AS n_passes
FROM pass
WHERE n_idle = 2 OR len(vertices) <= 4
ORDER BY piece_key, ring;

COMMENT ON VIEW core.ring_simplified IS
'Rings without the vertices that lie near neighbours and near their chord.';
COMMENT ON COLUMN core.ring_simplified.piece_key IS 'Number of the piece.';
COMMENT ON COLUMN core.ring_simplified.ring IS 'Number of the ring: 0 is the shell, then the holes.';
COMMENT ON COLUMN core.ring_simplified.vertices IS
'Vertices kept, without the closing one: x and y in degrees, east_m and north_m in local metres.';
COMMENT ON COLUMN core.ring_simplified.n_passes IS 'Number of passes until nothing more was dropped.';
