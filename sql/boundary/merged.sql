-- core.merged: the union of all sources, exploded into polygons.
--
-- Grain:   one row per polygon of the union.
-- Reads:   core.polygon, core.component, core.component_union.
-- Stored:  yes, every later step reads it.
-- Caveat:  a polygon that is near no other is itself, to the byte. Parts of a component that meet in points only are
--          polygons of their own, as in any exploded union.
-- Method:  docs/methods.md#union (Xu et al. 2025, section 2.1)
CREATE OR REPLACE VIEW core.merged AS
WITH outline AS (
    SELECT
        component.component_key,
        polygon.area_km2,
        polygon.geometry
    FROM core.component
    INNER JOIN core.polygon ON component.polygon_key = polygon.polygon_key
    WHERE component.component_key NOT IN (SELECT several.component_key FROM core.component_union AS several)

    UNION ALL

    SELECT
        component_key,
        NULL AS area_km2,
        geometry
    FROM core.component_union
),

piece AS (
    SELECT
        component_key,
        area_km2,
        ST_Normalize(unnest(ST_Dump(geometry)).geom) AS geometry
    FROM outline
)

SELECT
    core.geometry_key(geometry) AS merged_key,
    component_key,
    coalesce(area_km2, core.area_km2(geometry)) AS area_km2, -- once: a polygon alone has it
    geometry
FROM piece
ORDER BY merged_key;

COMMENT ON VIEW core.merged IS 'The union of all sources, exploded into polygons.';
COMMENT ON COLUMN core.merged.merged_key IS 'Number of the merged polygon, from its geometry.';
COMMENT ON COLUMN core.merged.component_key IS 'Number of the component that it comes from.';
COMMENT ON COLUMN core.merged.area_km2 IS 'Area, km2, on the WGS84 ellipsoid.';
COMMENT ON COLUMN core.merged.geometry IS 'Polygon in normal form, EPSG:4326.';
