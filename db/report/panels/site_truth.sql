-- site_truth: Three sites: the outline of the polygon sources, what was found in the image, and its probability.
--
-- Panel:     sepin2025 4
-- Needs:     images
-- Finding:   {% set found = rows|selectattr('outlines')|list %} {% set ns = namespace(n=0) %} {% for row in found %}
--            {% if row.outlines|selectattr('kind', 'eq', 'found in the image')|list %} {% set ns.n = ns.n + 1 %}
--            {% endif %} {% endfor %}At {{ ns.n }} of the {{ rows|length|count('largest site') }} with images a mine
--            was found in the image
-- Caveat:    The lighter a pixel of the probability, the likelier a mine. The study draws outlines at two thresholds:
--            here are those of the project, the main one first.
WITH year AS (
    -- The year of the study where there are images of it, else the one nearest to it.
    SELECT image_choice.year
    FROM image_choice
    GROUP BY image_choice.year
    ORDER BY abs(image_choice.year - 2019), image_choice.year
    LIMIT 1
),

example AS (
    SELECT
        site.site_id,
        site.longitude,
        site.latitude,
        site.side_m,
        site.geometry,
        mine.mine_id,
        mine.country,
        mine.area_km2
    FROM core.site AS site
    INNER JOIN mine ON site.mine_id = mine.mine_id
    WHERE
        site.site_id IN (
            SELECT choice.site_id
            FROM image_choice AS choice
            INNER JOIN year ON choice.year = year.year
        )
    ORDER BY mine.area_km2 DESC, site.site_id ASC
    LIMIT 3
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
    INNER JOIN year ON choice.year = year.year
    GROUP BY choice.site_id, choice.year
),

outline AS (
    SELECT
        example.site_id,
        'final mine' AS kind,
        mine.geometry
    FROM mine
    INNER JOIN example ON ST_Intersects(mine.geometry, example.geometry)
    UNION ALL
    SELECT
        example.site_id,
        'found in the image' || if(footprint.is_main_threshold, '', ' at ' || footprint.threshold) AS kind,
        footprint.geometry
    FROM footprint
    INNER JOIN example ON ST_Intersects(footprint.geometry, example.geometry)
    WHERE footprint.year = (SELECT year.year FROM year)
)

SELECT
    example.site_id,
    concat_ws(', ', example.site_id, example.country, image.year) AS title,
    image.year,
    image.date,
    example.area_km2,
    example.longitude,
    example.latitude,
    example.side_m,
    any_value(image.paths) AS paths,
    any_value(image.bands) AS bands,
    list({ 'kind': outline.kind, 'geometry': ST_AsText(outline.geometry) } ORDER BY outline.kind)
    FILTER (outline.kind IS NOT NULL) AS outlines
FROM example
INNER JOIN image ON example.site_id = image.site_id
LEFT JOIN outline ON example.site_id = outline.site_id
GROUP BY ALL
ORDER BY example.area_km2 DESC, example.site_id ASC;
