-- footprint_region: Area and number of the mines found in each year's images by region, and their mean area.
--
-- Panel:     sepin2025 3
-- Needs:     segmentation
-- Finding:   {% set world = rows|selectattr('region', 'eq', 'World')|list %} {% set new = world[0] %}
--            {% set old = world[-1] %} {% if world|length > 1 and old.area_km2 %}The area seen as mine went from
--            {{ old.area_km2|km2 }} in {{ old.year }} to {{ new.area_km2|km2 }} in {{ new.year }}{% else %}In
--            {{ new.year }} {{ new.area_km2|km2 }} were seen as mine{% endif %}
-- Caveat:    Crosses: the final mines of the polygon sources, of whatever year. A polygon that no neighbour year
--            confirms is left out, so the newest year lacks new mining apart from older mining.
-- Published: section = 'Results'
WITH found AS (
    SELECT
        region,
        year,
        area_km2,
        n_polygons
    FROM segmented_region_yearly
    WHERE is_main_threshold
),

world AS (
    FROM found
    UNION ALL
    SELECT
        'World' AS region,
        year,
        sum(area_km2) AS area_km2,
        sum(n_polygons) AS n_polygons
    FROM found
    GROUP BY year
),

mapped AS (
    SELECT
        region_id AS region,
        sum(area_km2) AS area_km2,
        count(DISTINCT mine_id) AS n_mines
    FROM core.mine_region
    WHERE layer = 'study_region'
    GROUP BY region_id
    UNION ALL
    SELECT
        'World' AS region,
        sum(area_km2) AS area_km2,
        count(*) AS n_mines
    FROM mine
)

SELECT
    world.region,
    world.year,
    world.area_km2,
    world.n_polygons,
    world.area_km2 / nullif(world.n_polygons, 0) AS mean_area_km2,
    mapped.area_km2 AS mapped_km2,
    mapped.n_mines AS n_mapped
FROM world
LEFT JOIN mapped ON world.region = mapped.region
ORDER BY world.region = 'World' DESC, world.region, world.year DESC;
