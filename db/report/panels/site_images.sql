-- site_images: One mine in each year's image, with the outline found in that year.
--
-- Panel:     sepin2025 2
-- Needs:     images
-- Finding:   {% set old = rows[0] %} {% set new = rows[-1] %}The mine at {{ old.latitude|north }},
--            {{ old.longitude|east }} had {{ old.area_km2|km2 }} in {{ old.title }}{% if rows|length > 1 %} and
--            {{ new.area_km2|km2 }} in {{ new.title }}{% endif %}
-- Caveat:    Polygons that reach out of the square count whole. Images are stretched each for itself.
-- Of the large mines with images the one that was found in most years.
WITH candidate AS (
    SELECT
        site.site_id,
        site.longitude,
        site.latitude,
        site.side_m,
        site.geometry
    FROM core.site AS site
    INNER JOIN mine ON site.mine_id = mine.mine_id
    WHERE site.site_id IN (SELECT site_id FROM image_choice)
    ORDER BY mine.area_km2 DESC, site.site_id ASC
    LIMIT 200
),

example AS (
    SELECT
        candidate.site_id,
        any_value(candidate.longitude) AS longitude,
        any_value(candidate.latitude) AS latitude,
        any_value(candidate.side_m) AS side_m,
        any_value(candidate.geometry) AS geometry
    FROM candidate
    LEFT JOIN footprint
        ON
            ST_Intersects(footprint.geometry, candidate.geometry)
            AND footprint.is_main_threshold
    GROUP BY candidate.site_id
    ORDER BY count(DISTINCT footprint.year) DESC, sum(footprint.area_km2) DESC, candidate.site_id
    LIMIT 1
),

image AS (
    SELECT
        choice.site_id,
        choice.year,
        list(image.path ORDER BY choice.priority) AS paths,
        list(image.bands ORDER BY choice.priority) AS bands,
        list(image.date ORDER BY choice.priority)[1] AS date
    FROM image_choice AS choice
    INNER JOIN raw.image AS image ON choice.image_id = image.image_id
    INNER JOIN example ON choice.site_id = example.site_id
    GROUP BY choice.site_id, choice.year
),

outline AS (
    SELECT
        footprint.year,
        sum(footprint.area_km2) AS area_km2,
        list(
            { 'kind': 'found in that year', 'geometry': ST_AsText(footprint.geometry) }
            ORDER BY footprint.footprint_id
        ) AS outlines
    FROM footprint
    INNER JOIN example ON ST_Intersects(footprint.geometry, example.geometry)
    WHERE footprint.is_main_threshold AND footprint.is_continuous IS NOT FALSE
    GROUP BY footprint.year
)

SELECT
    example.site_id,
    image.year::VARCHAR AS title,
    image.date,
    coalesce(outline.area_km2, 0) AS area_km2,
    example.longitude,
    example.latitude,
    example.side_m,
    image.paths,
    image.bands,
    outline.outlines
FROM example
INNER JOIN image ON example.site_id = image.site_id
LEFT JOIN outline ON image.year = outline.year
ORDER BY image.year;
