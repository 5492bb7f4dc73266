-- core.ring: the rings of every piece as lists of vertices, in degrees and in local metres.
--
-- Grain:   one row per piece_key, ring (0 = shell); the closing vertex is left out.
-- Reads:   core.erased.
-- Caveat:  metres are local: 111,195.08 m a degree of latitude, times cos(latitude) for longitude (sphere of
--          6,371,008.8 m); 0.5 % off at most, fine for a threshold on distances, never used for areas.
-- Method:  docs/methods.md#simplify (Xu et al. 2025, section 2.1)
CREATE OR REPLACE VIEW core.ring AS
WITH ring_line AS (
    SELECT
        piece_key,
        unnest(range(0, ST_NumInteriorRings(geometry)::BIGINT + 1)) AS ring,
        geometry,
        111195.08 * cos(radians((ST_YMin(geometry) + ST_YMax(geometry)) / 2)) AS metres_east
    FROM core.erased
),

line AS (
    SELECT
        piece_key,
        ring,
        metres_east,
        CASE
            WHEN ring = 0 THEN ST_ExteriorRing(geometry)
            ELSE ST_InteriorRingN(geometry, ring::INTEGER)
        END AS geometry
    FROM ring_line
)

SELECT
    piece_key,
    ring,
    list_transform(
        -- Columns in another order: DuckDB takes no list of the type's own for a list.
        list_slice(geometry::LINESTRING_2D::STRUCT(y DOUBLE, x DOUBLE)[], 1, -2),
        lambda point: {
            'x': point.x,
            'y': point.y,
            'east_m': point.x * metres_east,
            'north_m': point.y * 111195.08
        }
    ) AS vertices
FROM line;

COMMENT ON VIEW core.ring IS
'The rings of every piece as lists of vertices, in degrees and in local metres.';
COMMENT ON COLUMN core.ring.piece_key IS 'Number of the piece.';
COMMENT ON COLUMN core.ring.ring IS 'Number of the ring: 0 is the shell, then the holes.';
COMMENT ON COLUMN core.ring.vertices IS
'Vertices without the closing one: x and y in degrees, east_m and north_m in local metres.';
