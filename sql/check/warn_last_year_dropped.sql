-- warn_last_year_dropped: The continuity rule drops much of the last year, which no later year can confirm.
--
-- Reads:   raw.segmented_site, core.prediction, core.prediction_component, core.segmented_polygon, core.continuity.
-- Caveat:  much is more than a tenth of the year's area. Where the series is cumulated this is its new mining, not
--          error: continuity_ends = 'open' keeps it.
-- Method:  docs/methods.md#continuity
WITH last_year AS (
    SELECT
        dataset,
        max(year) AS year
    FROM raw.segmented_site
    WHERE status = 'done'
    GROUP BY dataset
),

polygon AS (
    SELECT DISTINCT
        prediction.dataset,
        segmented_polygon.prediction_id,
        segmented_polygon.year,
        segmented_polygon.area_km2,
        NOT coalesce(continuity.is_continuous, TRUE) AS is_dropped
    FROM core.prediction
    INNER JOIN core.prediction_component
        ON prediction.prediction_key = prediction_component.prediction_key
    INNER JOIN core.segmented_polygon
        ON prediction_component.component_key = segmented_polygon.component_key
    INNER JOIN core.continuity
        ON segmented_polygon.prediction_id = continuity.prediction_id
)

SELECT
    polygon.dataset AS source,
    polygon.year,
    count(*) FILTER (polygon.is_dropped) AS n_dropped,
    round(sum(CASE WHEN polygon.is_dropped THEN polygon.area_km2 ELSE 0 END), 3) AS dropped_km2,
    round(sum(CASE WHEN polygon.is_dropped THEN polygon.area_km2 ELSE 0 END) / sum(polygon.area_km2), 3)
        AS dropped_share
FROM polygon
INNER JOIN last_year
    ON polygon.dataset = last_year.dataset AND polygon.year = last_year.year
GROUP BY polygon.dataset, polygon.year
HAVING sum(CASE WHEN polygon.is_dropped THEN polygon.area_km2 ELSE 0 END) > 0.1 * sum(polygon.area_km2)
ORDER BY polygon.dataset;
