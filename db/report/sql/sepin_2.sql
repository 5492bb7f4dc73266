-- Figure 2: Sites that changed most.
--
-- Study:     sepin2025
-- Needs:     segmentation
WITH largest AS (
    SELECT
        site_id,
        max(area_km2) - min(area_km2) AS span_km2
    FROM site_history
    WHERE is_main_threshold
    GROUP BY site_id
    ORDER BY span_km2 DESC, site_id
    LIMIT 6
)

SELECT
    site_history.site_id,
    site_history.year,
    site_history.area_km2,
    site_history.change_km2
FROM site_history
INNER JOIN largest ON site_history.site_id = largest.site_id
WHERE site_history.is_main_threshold
ORDER BY largest.span_km2 DESC, site_history.site_id, site_history.year;
