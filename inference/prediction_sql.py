"""The queries behind the load of stored predictions."""

RESULTS = """
SELECT md5(string_agg(key || status || coalesce(reason, ''), ',' ORDER BY key, status, reason))
FROM (SELECT DISTINCT key, status, reason FROM read_parquet(?, hive_partitioning = false))
"""

# Shards of earlier versions have no levels.
CHOSEN = """
CREATE TEMP TABLE chosen AS
SELECT DISTINCT ON (wanted.key)
    wanted.key, wanted.site_id, wanted.year, shard.filename, shard.model_id, shard.status, shard.reason,
    shard.levels
FROM (
    SELECT *
    FROM read_parquet(?, filename = true, union_by_name = true, hive_partitioning = false)
    UNION ALL BY NAME
    FROM no_levels
) AS shard
INNER JOIN wanted ON shard.key = wanted.key
ORDER BY wanted.key, shard.status, shard.reason, shard.filename
"""

NOTHING_CHOSEN = """
CREATE TEMP TABLE chosen AS
SELECT
    *, NULL::VARCHAR AS filename, NULL::VARCHAR AS model_id, NULL::VARCHAR AS status, NULL::VARCHAR AS reason,
    no_levels.levels
FROM wanted CROSS JOIN no_levels
WHERE FALSE
"""

# The keys of each file of probabilities that are taken from it.
FILES = """
SELECT filename, list(key ORDER BY key), list(site_id ORDER BY key)
FROM chosen
WHERE status = 'done'
GROUP BY filename
ORDER BY filename
"""

MINES = """
SELECT site.site_id, ST_AsWKB(mine.geometry)::BLOB
FROM core.site
INNER JOIN core.mine ON site.mine_id = mine.mine_id
"""

SITE_POINTS = """
SELECT site.site_id, point.year, point.point_id, ST_X(point.geometry), ST_Y(point.geometry)
FROM core.site
INNER JOIN raw.point ON ST_Intersects(site.geometry, point.geometry)
ORDER BY site.site_id, point.year, point.point_id
"""

OUTLINED = """
CREATE TEMP TABLE outlined AS
SELECT DISTINCT ON (key) * FROM read_parquet(?, hive_partitioning = false)
"""

NOTHING_OUTLINED = """
CREATE TEMP TABLE outlined AS
SELECT
    NULL::VARCHAR AS key, NULL::STRUCT(threshold DOUBLE, geometry BLOB, mean_probability DOUBLE)[] AS polygon
WHERE FALSE
"""

SEEN = """
CREATE TEMP TABLE seen AS
SELECT DISTINCT ON (key) * FROM read_parquet(?, hive_partitioning = false)
"""

NOTHING_SEEN = """
CREATE TEMP TABLE seen AS
SELECT
    NULL::VARCHAR AS key, NULL::DOUBLE AS seen_share, NULL::DOUBLE AS mine_seen_share,
    NULL::STRUCT(point_id VARCHAR, probability DOUBLE)[] AS point
WHERE FALSE
"""

LEVELS = """
WITH measured AS (
    SELECT site_id, year, unnest(levels, recursive := true)
    FROM chosen
)

SELECT
    measured.site_id, measured.year, measured.image_id, image.date,
    coalesce(image.is_before_offset, FALSE) AS is_before_offset,
    measured.taken_off, measured.seen_share, measured.dark, measured.middle
FROM measured
LEFT JOIN raw.image AS image ON measured.image_id = image.image_id
ORDER BY measured.site_id, measured.year, measured.image_id
"""

POLYGONS = """
WITH found AS (
    SELECT chosen.site_id, chosen.year, chosen.model_id, unnest(outlined.polygon) AS polygon,
        unnest(range(1, len(outlined.polygon) + 1)) AS position
    FROM chosen
    INNER JOIN outlined ON chosen.key = outlined.key
),

numbered AS (
    SELECT *, polygon.threshold = $1 AS is_main,
        row_number() OVER (PARTITION BY site_id, year, polygon.threshold ORDER BY position) AS number
    FROM found
)

SELECT
    site_id || '-' || year || '-' || number || CASE WHEN is_main THEN '' ELSE '@' || polygon.threshold END
        AS footprint_id,
    year,
    site_id,
    'segmentation' AS dataset,
    model_id,
    polygon.threshold AS threshold,
    polygon.mean_probability AS mean_probability,
    NULL::DOUBLE AS reported_km2,
    polygon.geometry AS geometry
FROM numbered
WHERE year = $2
ORDER BY footprint_id
"""

POINTS = """
WITH sampled AS (
    SELECT chosen.site_id, unnest(seen.point) AS point
    FROM chosen
    INNER JOIN seen ON chosen.key = seen.key
)

SELECT point.point_id AS point_id, site_id, point.probability AS probability
FROM sampled
ORDER BY point_id, site_id
"""

STATUS = """
WITH site_year AS (
    SELECT site.site_id, years.year
    FROM core.site CROSS JOIN (SELECT unnest($1::INTEGER[]) AS year) AS years
)

SELECT
    'segmentation' AS dataset,
    site_year.site_id,
    site_year.year,
    CASE WHEN wanted.key IS NULL THEN 'no image' ELSE coalesce(chosen.status, 'pending') END AS status,
    chosen.reason,
    seen.seen_share,
    seen.mine_seen_share,
    len(list_filter(outlined.polygon, lambda found: found['threshold'] = $2)) AS n_polygons
FROM site_year
LEFT JOIN wanted ON site_year.site_id = wanted.site_id AND site_year.year = wanted.year
LEFT JOIN chosen ON wanted.key = chosen.key
LEFT JOIN outlined ON chosen.key = outlined.key
LEFT JOIN seen ON chosen.key = seen.key
ORDER BY site_year.site_id, site_year.year
"""

WRONG_OFFSETS = """
SELECT image_id, is_wrong, 'site ' || site_id || ', ' || year || ': ' || reason || '.'
FROM image_offset
WHERE reason IS NOT NULL
ORDER BY site_id, year, image_id
"""
