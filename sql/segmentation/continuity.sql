-- core.continuity: whether a neighbouring year confirms each polygon.
--
-- Grain:   one row per prediction_id of core.segmented_polygon.
-- Reads:   core.segmented_polygon, core.prediction_component, core.prediction, core.continuity_pair,
--          raw.segmented_site.
-- Stored:  yes.
-- Caveat:  a year that was not segmented there says nothing: is_continuous is NULL where no seen year confirms the
--          polygon and one that should exist was not seen. The first and the last year have one neighbour.
-- Method:  docs/methods.md#continuity (Sepin et al. 2025, Methods)
CREATE OR REPLACE VIEW core.continuity AS
WITH span AS (
    SELECT
        dataset,
        min(year) AS first_year,
        max(year) AS last_year
    FROM raw.segmented_site
    WHERE status = 'done'
    GROUP BY dataset
),

-- NULL: not seen; every member of a component must have been seen for its absence to count.
seen AS (
    SELECT
        prediction_component.component_key,
        bool_and(prediction.year = span.first_year) AS is_first,
        bool_and(prediction.year = span.last_year) AS is_last,
        bool_and(prediction.year = span.first_year OR year_before.year IS NOT NULL) AS is_before_seen,
        bool_and(prediction.year = span.last_year OR year_after.year IS NOT NULL) AS is_after_seen
    FROM core.prediction
    INNER JOIN core.prediction_component
        ON prediction.prediction_key = prediction_component.prediction_key
    INNER JOIN span ON prediction.dataset = span.dataset
    LEFT JOIN raw.segmented_site AS year_before
        ON
            prediction.dataset = year_before.dataset
            AND prediction.site_id IS NOT DISTINCT FROM year_before.site_id
            AND prediction.year - 1 = year_before.year
            AND year_before.status = 'done'
    LEFT JOIN raw.segmented_site AS year_after
        ON
            prediction.dataset = year_after.dataset
            AND prediction.site_id IS NOT DISTINCT FROM year_after.site_id
            AND prediction.year + 1 = year_after.year
            AND year_after.status = 'done'
    GROUP BY prediction_component.component_key
),

matched AS (
    SELECT
        segmented_polygon.prediction_id,
        segmented_polygon.component_key,
        segmented_polygon.prediction_id IN (SELECT later_id FROM core.continuity_pair) AS has_before,
        segmented_polygon.prediction_id IN (SELECT earlier_id FROM core.continuity_pair) AS has_after
    FROM core.segmented_polygon
)

SELECT
    matched.prediction_id,
    matched.has_before,
    matched.has_after,
    seen.is_before_seen,
    seen.is_after_seen,
    CASE
        WHEN matched.has_before OR matched.has_after THEN TRUE
        WHEN seen.is_first AND seen.is_last THEN NULL
        WHEN seen.is_before_seen AND seen.is_after_seen THEN FALSE
    END AS is_continuous
FROM matched
INNER JOIN seen ON matched.component_key = seen.component_key
ORDER BY matched.prediction_id;

COMMENT ON VIEW core.continuity IS 'Whether a neighbouring year confirms each polygon.';
COMMENT ON COLUMN core.continuity.prediction_id IS 'Id of the polygon.';
COMMENT ON COLUMN core.continuity.has_before IS 'Whether a polygon of the year before meets it.';
COMMENT ON COLUMN core.continuity.has_after IS 'Whether a polygon of the year after meets it.';
COMMENT ON COLUMN core.continuity.is_before_seen IS
'Whether the year before was segmented there; true in the first year, which has none.';
COMMENT ON COLUMN core.continuity.is_after_seen IS
'Whether the year after was segmented there; true in the last year, which has none.';
COMMENT ON COLUMN core.continuity.is_continuous IS
'Whether a neighbouring year confirms it; NULL where that can''t be known.';
