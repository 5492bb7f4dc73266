-- site_series: The six sites whose area in the images changed most, year by year.
--
-- Needs:     sites
-- Finding:   {% set part = rows|selectattr('site_id', 'eq', rows[0].site_id)|list %}The mine at site
--            {{ rows[0].site_id }} went from {{ part[-1].area_km2|km2 }} in {{ part[-1].year }} to
--            {{ part[0].area_km2|km2 }} in {{ part[0].year }}
-- Caveat:    Each site has its own scale. A year without a value could not be seen.
WITH largest AS (
    SELECT
        site_id,
        max(area_km2) - min(area_km2) AS span_km2
    FROM site_history
    WHERE is_main_threshold
    GROUP BY site_id
    ORDER BY span_km2 DESC, site_id ASC
    LIMIT 6
)

SELECT
    site_history.site_id,
    mine.country,
    site_history.year,
    site_history.area_km2,
    site_history.change_km2
FROM site_history
INNER JOIN largest ON site_history.site_id = largest.site_id
LEFT JOIN mine ON site_history.site_id = mine.mine_id
WHERE site_history.is_main_threshold
ORDER BY largest.span_km2 DESC, site_history.site_id ASC, site_history.year DESC;
