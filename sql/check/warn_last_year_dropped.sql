-- warn_last_year_dropped: The continuity rule drops much of the last year, which no later year can confirm.
--
-- Reads:   core.site_seen, core.footprint_outline, core.footprint_component, core.footprint_united,
--          core.footprint_threshold.
-- Caveat:  much is more than a tenth of the year's area. Where the series is cumulated this is its new mining, not
--          error: continuity_ends = 'open' keeps it.
-- Method:  docs/methods.md#continuity
WITH last_year AS (
    SELECT
        dataset,
        max(year) AS year
    FROM core.site_seen
    WHERE status = 'done'
    GROUP BY dataset
),

polygon AS (
    SELECT DISTINCT
        outline.dataset,
        footprint_united.footprint_id,
        footprint_united.year,
        footprint_united.area_km2,
        NOT coalesce(footprint_united.is_continuous, TRUE) AS is_dropped
    FROM core.footprint_outline AS outline
    INNER JOIN core.footprint_component
        ON outline.footprint_key = footprint_component.footprint_key
    INNER JOIN core.footprint_united
        ON footprint_component.component_key = footprint_united.component_key
    INNER JOIN core.footprint_threshold AS series
        ON footprint_united.threshold IS NOT DISTINCT FROM series.threshold
    WHERE series.is_main
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
