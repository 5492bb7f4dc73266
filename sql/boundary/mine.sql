-- core.mine: the final mines: united, without stable green at the edges, outlines simplified.
--
-- Grain:   one row per mine.
-- Reads:   core.simplified, core.simplify_conflict, parameter.
-- Stored:  yes, everything else joins it.
-- Caveat:  mine_id is made from the final outline: it is the same in every build that gives this outline.
-- Method:  docs/methods.md#mine (Xu et al. 2025, section 2.1)
CREATE OR REPLACE VIEW core.mine AS
WITH outline AS (
    SELECT
        simplified.piece_key,
        simplified.area_before_km2,
        CASE
            WHEN simplified.geometry_after IS NULL OR simplify_conflict.piece_key IS NOT NULL
                THEN simplified.geometry_before
            ELSE ST_Normalize(simplified.geometry_after)
        END AS geometry
    FROM core.simplified
    LEFT JOIN core.simplify_conflict ON simplified.piece_key = simplify_conflict.piece_key
),

measured AS (
    SELECT
        *,
        core.area_km2(geometry) AS area_km2,
        ST_PointOnSurface(geometry) AS point
    FROM outline
)

SELECT
    core.content_id('m', measured.geometry) AS mine_id,
    measured.piece_key,
    measured.area_km2,
    measured.area_km2 - measured.area_before_km2 AS simplify_change_km2,
    ST_X(measured.point) AS longitude,
    ST_Y(measured.point) AS latitude,
    ST_XMin(measured.geometry) AS xmin,
    ST_YMin(measured.geometry) AS ymin,
    ST_XMax(measured.geometry) AS xmax,
    ST_YMax(measured.geometry) AS ymax,
    measured.geometry
FROM measured, main.parameter
WHERE measured.area_km2 >= parameter.min_area_km2
ORDER BY mine_id;

COMMENT ON VIEW core.mine IS
'The final mines: united, without stable green at the edges, outlines simplified.';
COMMENT ON COLUMN core.mine.mine_id IS 'Id of the mine, twelve characters made from its outline.';
COMMENT ON COLUMN core.mine.piece_key IS 'Number of the piece in core.erased.';
COMMENT ON COLUMN core.mine.area_km2 IS 'Area, km2, on the WGS84 ellipsoid.';
COMMENT ON COLUMN core.mine.simplify_change_km2 IS 'Area gained (lost: negative) by simplifying, km2.';
COMMENT ON COLUMN core.mine.longitude IS 'Longitude of a point inside the mine, degrees.';
COMMENT ON COLUMN core.mine.latitude IS 'Latitude of a point inside the mine, degrees.';
COMMENT ON COLUMN core.mine.xmin IS 'Western edge, degrees.';
COMMENT ON COLUMN core.mine.ymin IS 'Southern edge, degrees.';
COMMENT ON COLUMN core.mine.xmax IS 'Eastern edge, degrees.';
COMMENT ON COLUMN core.mine.ymax IS 'Northern edge, degrees.';
COMMENT ON COLUMN core.mine.geometry IS 'Polygon in normal form, EPSG:4326.';
