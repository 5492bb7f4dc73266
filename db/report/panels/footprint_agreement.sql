-- footprint_agreement: Footprint in the images and bare land cover of the same mines, by year.
--
-- Needs:     both
-- Finding:   In {{ rows[0].year }} images and land cover agree on {{ rows[0].both_km2|km2 }},
--            {{ rows[0].iou|percent }} of what either calls mine
-- Caveat:    Only ground inside the final mines whose land cover is known.
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
ORDER BY year DESC;
