-- core.simplified: pieces rebuilt from their simplified rings, where that is safe.
--
-- Grain:   one row per piece_key.
-- Reads:   core.erased, core.ring, core.ring_simplified, parameter.
-- Stored:  yes, outlines are rebuilt and measured, and two steps read them.
-- Caveat:  a piece keeps its outline where the simple one would be invalid, or change its area by more than
--          simplify_area_change_max; whether it meets a neighbour is decided in core.simplify_conflict.
-- Method:  docs/methods.md#simplify (Xu et al. 2025, section 2.1)
CREATE OR REPLACE VIEW core.simplified AS
WITH changed AS (
    SELECT
        ring.piece_key,
        sum(len(ring.vertices) - len(ring_simplified.vertices)) AS n_dropped
    FROM core.ring
    INNER JOIN core.ring_simplified
        ON ring.piece_key = ring_simplified.piece_key AND ring.ring = ring_simplified.ring
    GROUP BY ring.piece_key
),

line AS (
    SELECT
        simple.piece_key,
        simple.ring,
        ST_MakeLine(
            list_transform(list_append(simple.vertices, simple.vertices[1]), lambda v: ST_Point(v.x, v.y))
        ) AS geometry
    FROM core.ring_simplified AS simple
    INNER JOIN changed ON simple.piece_key = changed.piece_key
    WHERE changed.n_dropped > 0
),

rebuilt AS (
    SELECT
        piece_key,
        ST_MakePolygon(
            any_value(geometry) FILTER (WHERE ring = 0),
            coalesce(list(geometry ORDER BY ring) FILTER (WHERE ring > 0), [])
        ) AS geometry
    FROM line
    GROUP BY piece_key
),

candidate AS (
    SELECT
        erased.piece_key,
        erased.area_km2 AS area_before_km2,
        erased.geometry AS geometry_before,
        coalesce(changed.n_dropped, 0) AS n_dropped,
        CASE WHEN ST_IsValid(rebuilt.geometry) THEN rebuilt.geometry END AS geometry_after,
        core.area_km2(geometry_after) AS area_after_km2,
        abs(area_after_km2 - area_before_km2) / area_before_km2 AS change_share
    FROM core.erased
    LEFT JOIN changed ON erased.piece_key = changed.piece_key
    LEFT JOIN rebuilt ON erased.piece_key = rebuilt.piece_key
)

SELECT
    candidate.piece_key,
    candidate.n_dropped,
    candidate.area_before_km2,
    candidate.geometry_before,
    CASE WHEN candidate.change_share <= parameter.simplify_area_change_max THEN candidate.area_after_km2
    END AS area_after_km2,
    CASE WHEN candidate.change_share <= parameter.simplify_area_change_max THEN candidate.geometry_after
    END AS geometry_after
FROM candidate, main.parameter
ORDER BY candidate.piece_key;

COMMENT ON VIEW core.simplified IS 'Pieces rebuilt from their simplified rings, where that is safe.';
COMMENT ON COLUMN core.simplified.piece_key IS 'Number of the piece.';
COMMENT ON COLUMN core.simplified.n_dropped IS 'Number of vertices that the rule would drop.';
COMMENT ON COLUMN core.simplified.area_before_km2 IS 'Area of the full outline, km2, on the WGS84 ellipsoid.';
COMMENT ON COLUMN core.simplified.geometry_before IS 'Full outline, EPSG:4326.';
COMMENT ON COLUMN core.simplified.area_after_km2 IS
'Area of the simple outline, km2; NULL where the full one stays.';
COMMENT ON COLUMN core.simplified.geometry_after IS
'Simple outline, EPSG:4326; NULL where the full one stays.';
