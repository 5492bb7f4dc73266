-- boundary_steps: One mine through the steps of its outline: sources, united, vegetated edges erased, simplified.
--
-- Panel:     xu2025 2
-- Needs:     polygons
-- Finding:   {% set first = rows[0] %} {% set last = rows[-1] %}
--            {% set united = rows|selectattr('stage', 'eq', 'united')|first %}Of mine {{ first.mine_id }}
--            {{ united.area_km2|km2 }} were united and {{ last.area_km2|km2 }} are left; the window is
--            {{ first.side_km|number }} km wide
-- Caveat:    Holes are not drawn; polygons of a source that overlap each other count twice in its area.
-- The mine from which most was taken of those with several sources; without any, the largest.
WITH example AS (
    SELECT
        mine.mine_id,
        mine.piece_key,
        erased.merged_key
    FROM core.mine AS mine
    INNER JOIN core.erased AS erased ON mine.piece_key = erased.piece_key
    LEFT JOIN core.erasure AS erasure ON erased.merged_key = erasure.merged_key
    LEFT JOIN mine_source ON mine.mine_id = mine_source.mine_id
    GROUP BY ALL
    ORDER BY
        count(DISTINCT mine_source.source) > 1 DESC,
        max(coalesce(erasure.area_erased_km2, 0)) DESC,
        max(mine.area_km2) DESC,
        mine.mine_id
    LIMIT 1
),

stage AS (
    SELECT
        1 AS step,
        polygon.source AS stage,
        polygon.geometry,
        polygon.area_km2
    FROM core.polygon AS polygon
    INNER JOIN core.component AS component ON polygon.polygon_key = component.polygon_key
    INNER JOIN core.merged AS merged ON component.component_key = merged.component_key
    INNER JOIN example ON merged.merged_key = example.merged_key
    UNION ALL
    SELECT
        2 AS step,
        'united' AS stage,
        merged.geometry,
        merged.area_km2
    FROM core.merged AS merged
    INNER JOIN example ON merged.merged_key = example.merged_key
    UNION ALL
    SELECT
        3 AS step,
        'erased' AS stage,
        erased.geometry,
        erased.area_km2
    FROM core.erased AS erased
    INNER JOIN example ON erased.merged_key = example.merged_key
    UNION ALL
    SELECT
        4 AS step,
        'final' AS stage,
        mine.geometry,
        mine.area_km2
    FROM core.mine AS mine
    INNER JOIN core.erased AS erased ON mine.piece_key = erased.piece_key
    INNER JOIN example ON erased.merged_key = example.merged_key
),

ring AS (
    SELECT
        step,
        stage,
        sum(area_km2) OVER (PARTITION BY step, stage) AS area_km2,
        row_number() OVER (ORDER BY step ASC, stage ASC, area_km2 DESC) AS ring,
        ST_Points(ST_ExteriorRing(geometry)) AS points,
        ST_XMin(geometry) AS west,
        ST_XMax(geometry) AS east,
        ST_YMin(geometry) AS south,
        ST_YMax(geometry) AS north
    FROM stage
),

square AS (
    SELECT
        (min(west) + max(east)) / 2 AS x,
        (min(south) + max(north)) / 2 AS y,
        cos(radians((min(south) + max(north)) / 2)) AS narrow,
        greatest((max(east) - min(west)) * cos(radians((min(south) + max(north)) / 2)), max(north) - min(south)) AS side
    FROM ring
)

SELECT
    example.mine_id,
    ring.step,
    ring.stage,
    ring.area_km2,
    ring.ring,
    generate_subscripts(ST_Dump(ring.points), 1) AS place,
    2 * (ST_X(unnest(ST_Dump(ring.points)).geom) - square.x) * square.narrow / square.side AS x,
    2 * (ST_Y(unnest(ST_Dump(ring.points)).geom) - square.y) / square.side AS y,
    111.3 * square.side AS side_km
FROM ring
CROSS JOIN square
CROSS JOIN example
ORDER BY ring.step, ring.stage, ring.ring, place;
