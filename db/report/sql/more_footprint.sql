-- Segmented footprint against bare land cover of the same mines, by year; n_missed are mines without a footprint.
--
-- Study:     beyond
-- Needs:     both
SELECT
    year,
    count(*) AS n_mines,
    count(*) FILTER (segmented_km2 = 0) AS n_missed,
    sum(segmented_km2) AS segmented_km2,
    sum(mine_related_km2) AS mine_related_km2,
    sum(both_km2) AS both_km2,
    sum(both_km2) / nullif(sum(segmented_km2) + sum(mine_related_km2) - sum(both_km2), 0) AS iou
FROM footprint_agreement
GROUP BY year
ORDER BY year;
