-- core.component_union: the union of each component of several polygons, its hairline gaps closed.
--
-- Grain:   one row per component of two polygons or more.
-- Reads:   core.polygon, core.component, parameter.
-- Stored:  yes, the union runs component by component.
-- Method:  docs/methods.md#union (Xu et al. 2025, section 2.1)
CREATE OR REPLACE VIEW core.component_union AS
WITH member AS ( -- noqa: ST03
    SELECT
        component.component_key,
        polygon.content_key AS order_key,
        polygon.geometry,
        parameter.union_snap_degrees AS snap_degrees
    FROM core.component
    INNER JOIN core.polygon ON component.polygon_key = polygon.polygon_key
    CROSS JOIN main.parameter
)

SELECT
    component_key,
    n_members,
    has_gap,
    n_polygons_joined,
    n_rings_closed,
    geometry
FROM core.union_of('member')
ORDER BY component_key;

COMMENT ON VIEW core.component_union IS
'The union of each component of several polygons, its hairline gaps closed.';
COMMENT ON COLUMN core.component_union.component_key IS 'Number of the component.';
COMMENT ON COLUMN core.component_union.n_members IS 'Number of polygons that were united.';
COMMENT ON COLUMN core.component_union.has_gap IS 'Whether it had gaps that snapping closed.';
COMMENT ON COLUMN core.component_union.n_polygons_joined IS
'By how many polygons it has fewer for it; below 0 where snapping cut it at necks thinner than the grid.';
COMMENT ON COLUMN core.component_union.n_rings_closed IS
'By how many rings, outlines and holes, it has fewer for it; below 0 where it has more.';
COMMENT ON COLUMN core.component_union.geometry IS 'Polygon or multipolygon, EPSG:4326.';
