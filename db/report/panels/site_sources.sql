-- site_sources: Four sites: each source's polygons over the image.
--
-- Panel:     sepin2025 S2
-- Needs:     images
-- Finding:   {% set many = rows|selectattr('n_sources', 'gt', 1)|list %} {{ many|length }} of the
--            {{ rows|length|count('largest site') }} with images {{ 'is' if many|length == 1 else 'are' }} mapped by
--            more than one source
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
    LIMIT 4
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
        polygon.source AS kind,
        polygon.geometry
    FROM core.polygon AS polygon
    INNER JOIN example ON ST_Intersects(polygon.geometry, example.geometry)
)

SELECT
    example.site_id,
    concat_ws(', ', example.site_id, example.country, image.year) AS title,
    image.date,
    example.area_km2,
    count(DISTINCT outline.kind) AS n_sources,
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
