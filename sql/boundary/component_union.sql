-- core.component_union: the union of each component of several polygons, its hairline gaps closed.
--
-- Grain:   one row per component of two polygons or more.
-- Reads:   core.polygon, core.component, parameter.
-- Stored:  yes, the union runs component by component.
-- Caveat:  snapped to the grid only where that closes a gap: elsewhere the outlines are those of the plain union.
-- Method:  docs/methods.md#union (Xu et al. 2025, section 2.1)
CREATE OR REPLACE VIEW core.component_union AS
WITH member AS (
    SELECT
        component.component_key,
        polygon.content_key,
        polygon.geometry,
        count(*) OVER (PARTITION BY component.component_key) AS n_members
    FROM core.component
    INNER JOIN core.polygon ON component.polygon_key = polygon.polygon_key
),

united AS (
    SELECT
        component_key,
        count(*) AS n_members,
        ST_Union_Agg(geometry ORDER BY content_key) AS geometry
    FROM member
    WHERE n_members > 1
    GROUP BY component_key
),

snapped AS (
    SELECT
        united.*,
        parameter.union_snap_degrees,
        ST_ReducePrecision(united.geometry, parameter.union_snap_degrees) AS snapped_geometry
    FROM united, main.parameter
),

compared AS (
    SELECT
        *,
        core.has_gap(geometry, snapped_geometry, union_snap_degrees) AS has_gap
    FROM snapped
)

SELECT
    component_key,
    n_members,
    has_gap,
    CASE WHEN has_gap THEN ST_NumGeometries(geometry) - ST_NumGeometries(snapped_geometry) ELSE 0 END
        AS n_polygons_joined,
    CASE WHEN has_gap THEN core.n_rings(geometry) - core.n_rings(snapped_geometry) ELSE 0 END AS n_rings_closed,
    CASE WHEN has_gap THEN snapped_geometry ELSE geometry END AS geometry
FROM compared
ORDER BY component_key;

COMMENT ON VIEW core.component_union IS
'The union of each component of several polygons, its hairline gaps closed.';
COMMENT ON COLUMN core.component_union.component_key IS 'Number of the component.';
COMMENT ON COLUMN core.component_union.n_members IS 'Number of polygons that were united.';
COMMENT ON COLUMN core.component_union.has_gap IS 'Whether it had gaps that snapping closed.';
COMMENT ON COLUMN core.component_union.n_polygons_joined IS 'By how many polygons it has fewer for it.';
COMMENT ON COLUMN core.component_union.n_rings_closed IS 'By how many rings, outlines and holes, it has fewer for it.';
COMMENT ON COLUMN core.component_union.geometry IS 'Polygon or multipolygon, EPSG:4326.';
