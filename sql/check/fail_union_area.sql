-- fail_union_area: The union is larger than all sources together, or smaller than the largest source's polygon.
--
-- Reads:   core.polygon, core.merged, core.component, parameter.
-- Caveat:  compared in square degrees, which noding conserves; geodesic areas follow the nodes on long edges. Corners
--          move by up to the snapping distance: what that can add or take is that distance along all boundaries.
WITH source AS (
    SELECT
        component.component_key,
        sum(ST_Area(polygon.geometry)) AS sum_degrees2,
        max(ST_Area(polygon.geometry)) AS largest_degrees2,
        sum(ST_Perimeter(polygon.geometry)) * any_value(parameter.union_snap_degrees) AS tolerance_degrees2
    FROM core.polygon
    INNER JOIN core.component ON polygon.polygon_key = component.polygon_key
    CROSS JOIN main.parameter
    GROUP BY component.component_key
),

united AS (
    SELECT
        component_key,
        sum(ST_Area(geometry)) AS degrees2
    FROM core.merged
    GROUP BY component_key
)

SELECT
    source.component_key,
    source.sum_degrees2,
    source.largest_degrees2,
    united.degrees2
FROM source
LEFT JOIN united ON source.component_key = united.component_key
WHERE
    united.degrees2 IS NULL
    OR united.degrees2 > source.sum_degrees2 * (1 + 1e-9) + source.tolerance_degrees2
    OR united.degrees2 < source.largest_degrees2 * (1 - 1e-9) - source.tolerance_degrees2;
