-- core.merged: the union of all sources, exploded into polygons.
--
-- Grain:   one row per polygon of the union.
-- Reads:   core.polygon, core.component.
-- Stored:  yes, the union runs component by component.
-- Caveat:  parts of a component that meet in points only are polygons of their own, as in any exploded union.
-- Method:  docs/methods.md#union (Xu et al. 2025, section 2.1)
CREATE OR REPLACE VIEW core.merged AS
WITH member AS (
    SELECT
        component.component_key,
        polygon.content_key,
        polygon.geometry,
        count(*) OVER (PARTITION BY component.component_key) AS n_members
    FROM core.component
    INNER JOIN core.polygon ON component.polygon_key = polygon.polygon_key
),

component_union AS (
    SELECT
        component_key,
        geometry
    FROM member
    WHERE n_members = 1

    UNION ALL

    SELECT
        component_key,
        ST_Union_Agg(geometry ORDER BY content_key) AS geometry
    FROM member
    WHERE n_members > 1
    GROUP BY component_key
),

piece AS (
    SELECT
        component_key,
        ST_Normalize(unnest(ST_Dump(geometry)).geom) AS geometry
    FROM component_union
)

SELECT
    core.geometry_key(geometry) AS merged_key,
    component_key,
    core.area_km2(geometry) AS area_km2,
    geometry
FROM piece
ORDER BY merged_key;

COMMENT ON VIEW core.merged IS 'The union of all sources, exploded into polygons.';
COMMENT ON COLUMN core.merged.merged_key IS 'Number of the merged polygon, from its geometry.';
COMMENT ON COLUMN core.merged.component_key IS 'Number of the component that it comes from.';
COMMENT ON COLUMN core.merged.area_km2 IS 'Area, km2, on the WGS84 ellipsoid.';
COMMENT ON COLUMN core.merged.geometry IS 'Polygon in normal form, EPSG:4326.';
