-- core.footprint_united: the footprint of each year without overlaps, holes filled.
--
-- Grain:   one row per footprint_id.
-- Reads:   core.footprint_merged, parameter.
-- Stored:  yes, geometry is rebuilt, and many views read it.
-- Caveat:  holes are filled where fill_holes says so, and in what this project's model found; what lay in one is part
--          of what closes around it then. Outlines made elsewhere keep their holes.
-- Method:  docs/methods.md#segmentation
CREATE OR REPLACE VIEW core.footprint_united AS
WITH filled AS MATERIALIZED (
    SELECT
        merged.* EXCLUDE (geometry, area_km2),
        ST_MakePolygon(ST_ExteriorRing(merged.geometry)) AS geometry
    FROM core.footprint_merged AS merged
    CROSS JOIN main.parameter
    WHERE parameter.fill_holes AND merged.is_segmented AND ST_NInteriorRings(merged.geometry) > 0
),

swallowed AS (
    SELECT DISTINCT merged.footprint_id
    FROM filled
    INNER JOIN core.footprint_merged AS merged
        ON ST_Contains(filled.geometry, merged.geometry)
    WHERE
        filled.year - merged.year = 0
        AND coalesce(filled.threshold - merged.threshold, 0) = 0
        AND (filled.is_continuous IS FALSE)::INTEGER - (merged.is_continuous IS FALSE)::INTEGER = 0
        AND filled.component_key - merged.component_key <> 0
)

SELECT
    merged.footprint_id,
    merged.component_key,
    merged.year,
    merged.threshold,
    merged.n_members,
    merged.mean_probability,
    merged.is_continuous,
    CASE WHEN filled.footprint_id IS NULL THEN merged.area_km2 ELSE core.area_km2(filled.geometry) END
        AS area_km2,
    merged.reported_km2,
    coalesce(filled.geometry, merged.geometry) AS geometry
FROM core.footprint_merged AS merged
LEFT JOIN filled ON merged.footprint_id = filled.footprint_id
WHERE merged.footprint_id NOT IN (SELECT swallowed.footprint_id FROM swallowed)
ORDER BY merged.footprint_id;

COMMENT ON VIEW core.footprint_united IS
'The footprint of each year without overlaps, holes filled.';
COMMENT ON COLUMN core.footprint_united.footprint_id IS
'Id of the polygon: the smallest of its members, /2 and so on behind it for further parts.';
COMMENT ON COLUMN core.footprint_united.component_key IS 'Number of the component it belongs to.';
COMMENT ON COLUMN core.footprint_united.year IS 'Year.';
COMMENT ON COLUMN core.footprint_united.threshold IS 'Threshold that it stands beside, 0-1.';
COMMENT ON COLUMN core.footprint_united.n_members IS 'Number of polygons that were united.';
COMMENT ON COLUMN core.footprint_united.mean_probability IS 'Mean probability of mine inside, 0-1.';
COMMENT ON COLUMN core.footprint_united.is_continuous IS
'Whether a neighbouring year confirms it; NULL where that can''t be known.';
COMMENT ON COLUMN core.footprint_united.area_km2 IS 'Area, km2, on the WGS84 ellipsoid.';
COMMENT ON COLUMN core.footprint_united.reported_km2 IS
'Area of the mine as its publisher reports it, km2; NULL where none is reported.';
COMMENT ON COLUMN core.footprint_united.geometry IS 'Polygon, EPSG:4326.';
