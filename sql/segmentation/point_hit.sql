-- core.point_hit: which labelled points lie in which data set's mines.
--
-- Grain:   one row per dataset, point_id.
-- Reads:   raw.point, raw.polygon, core.footprint_placed.
-- Stored:  yes, two spatial joins.
-- Caveat:  union is what any source has drawn, before any erasing. Data sets without years (the union and its
--          sources) are held against the points of every year; footprints against points of their own year,
--          discontinuous ones left out.
-- Method:  docs/methods.md#segmentation (Sepin et al. 2025, Figures 5 and S4)
CREATE OR REPLACE VIEW core.point_hit AS
WITH source_hit AS MATERIALIZED (
    SELECT DISTINCT
        polygon.source,
        point.point_id
    FROM raw.point
    INNER JOIN raw.polygon ON ST_Intersects(point.geometry, polygon.geometry)
),

hit AS (
    SELECT
        source AS dataset,
        point_id
    FROM source_hit

    UNION

    SELECT
        'union' AS dataset,
        point_id
    FROM source_hit

    UNION

    SELECT
        'footprint' AS dataset,
        point.point_id
    FROM raw.point
    INNER JOIN core.footprint_placed AS footprint
        ON ST_Intersects(point.geometry, footprint.geometry)
    WHERE
        footprint.year - point.year = 0
        AND footprint.is_continuous IS DISTINCT FROM FALSE
        AND footprint.is_main_threshold
)

SELECT
    dataset,
    point_id
FROM hit
ORDER BY dataset, point_id;

COMMENT ON VIEW core.point_hit IS 'Which labelled points lie in which data set''s mines.';
COMMENT ON COLUMN core.point_hit.dataset IS 'union, a polygon source, or footprint.';
COMMENT ON COLUMN core.point_hit.point_id IS 'Id of the point.';
