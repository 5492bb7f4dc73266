-- core.erased: merged polygons without the stable green at their edges, exploded into polygons.
--
-- Grain:   one row per polygon left.
-- Reads:   core.merged, core.green_contact, parameter.
-- Stored:  yes, one difference for each polygon in contact.
-- Caveat:  a merged polygon that is all green leaves no row; core.erasure still has it. A difference can leave
--          parts of no more than rounding: those below sliver_area_km2 go.
-- Method:  docs/methods.md#erase (Xu et al. 2025, section 2.1)
CREATE OR REPLACE VIEW core.erased AS
WITH remainder AS (
    SELECT
        merged.merged_key,
        CASE
            WHEN green_contact.geometry IS NULL THEN merged.geometry
            ELSE ST_Difference(merged.geometry, green_contact.geometry)
        END AS geometry,
        green_contact.geometry IS NULL AS is_whole
    FROM core.merged
    LEFT JOIN core.green_contact ON merged.merged_key = green_contact.merged_key
),

piece AS (
    SELECT
        merged_key,
        geometry
    FROM remainder
    WHERE is_whole

    UNION ALL

    SELECT
        merged_key,
        ST_Normalize(unnest(ST_Dump(ST_CollectionExtract(geometry, 3))).geom) AS geometry
    FROM remainder
    WHERE NOT is_whole
)

SELECT
    core.geometry_key(piece.geometry) AS piece_key,
    piece.merged_key,
    core.area_km2(piece.geometry) AS area_km2,
    piece.geometry
FROM piece, main.parameter
WHERE NOT ST_IsEmpty(piece.geometry) AND core.area_km2(piece.geometry) >= parameter.sliver_area_km2
ORDER BY piece_key;

COMMENT ON VIEW core.erased IS
'Merged polygons without the stable green at their edges, exploded into polygons.';
COMMENT ON COLUMN core.erased.piece_key IS 'Number of the piece, from its geometry.';
COMMENT ON COLUMN core.erased.merged_key IS 'Number of the merged polygon that it was cut from.';
COMMENT ON COLUMN core.erased.area_km2 IS 'Area, km2, on the WGS84 ellipsoid.';
COMMENT ON COLUMN core.erased.geometry IS 'Polygon in normal form, EPSG:4326.';
