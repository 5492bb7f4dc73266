-- place_sources: Mine area by each source alone and by all together.
--
-- Needs:     polygons
-- Finding:   {% set own = rows|rejectattr('dataset', 'eq', 'all together')|list %} {% if own|length > 1 %}Of
--            {{ facts.area_km2|km2 }} in all {{ own[0].dataset }} draws {{ own[0].area_km2|km2 }} and
--            {{ own[-1].dataset }} {{ own[-1].area_km2|km2 }}{% else %}One source draws all of it,
--            {{ own[0].dataset }}{% endif %}
-- Caveat:    Of a mine on the border each source counts with the share of the mine inside. Ground that was erased or
--            straightened away counts for no source.
WITH drawn AS (
    SELECT
        ground.source AS dataset,
        FALSE AS is_all,
        count(*) AS n_mines,
        sum(ground.area_km2 * held.share) AS area_km2,
        sum(alone.alone_km2 * held.share) AS alone_km2
    FROM region_overlap AS held
    INNER JOIN core.mine_source_ground AS ground ON held.mine_id = ground.mine_id
    INNER JOIN core.mine_source_alone AS alone
        ON ground.mine_id = alone.mine_id AND ground.source = alone.source
    WHERE held.layer = $layer AND held.region_id = $region_id
    GROUP BY ground.source

    UNION ALL

    SELECT
        'all together' AS dataset,
        TRUE AS is_all,
        count(*) AS n_mines,
        sum(held.area_km2) AS area_km2,
        NULL AS alone_km2
    FROM region_overlap AS held
    WHERE held.layer = $layer AND held.region_id = $region_id
    HAVING count(*) > 0
)

SELECT
    dataset,
    n_mines,
    area_km2,
    alone_km2
FROM drawn
ORDER BY is_all ASC, area_km2 DESC, dataset ASC;
