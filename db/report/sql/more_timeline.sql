-- Years until reclamation: how long land stayed bare, by mine.
--
-- Study:     beyond
-- Needs:     landcover
SELECT
    round(median_years_to_reclaim)::INTEGER AS years,
    count(*) AS n_mines
FROM mine_timeline
WHERE median_years_to_reclaim IS NOT NULL
GROUP BY years
ORDER BY years;
