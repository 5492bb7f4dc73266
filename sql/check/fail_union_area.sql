-- fail_union_area: The union is larger than all sources together, or smaller than the largest source's polygon.
--
-- Reads:   core.polygon, core.merged, core.component.
-- Caveat:  compared in square degrees, which noding conserves; geodesic areas follow the nodes on long edges.
WITH source AS (
    SELECT
        component.component_key,
        sum(ST_Area(polygon.geometry)) AS sum_degrees2,
        max(ST_Area(polygon.geometry)) AS largest_degrees2
    FROM core.polygon
    INNER JOIN core.component ON polygon.polygon_key = component.polygon_key
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
    OR united.degrees2 > source.sum_degrees2 * (1 + 1e-9)
    OR united.degrees2 < source.largest_degrees2 * (1 - 1e-9);
