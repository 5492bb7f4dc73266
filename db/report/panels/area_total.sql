-- area_total: Area of development and of reclamation over all years, on the map and corrected by the samples.
--
-- Needs:     validation
-- Finding:   {% set dev = rows[0] %}By the samples {{ dev.area_km2|km2 }} were {{ dev.change }}
--            ({{ dev.area_low_km2|number }} to {{ dev.area_high_km2|km2 }}), where the map says
--            {{ dev.map_area_km2|km2 }}
-- Caveat:    Lines: 95 % intervals. Where a reason is given, ground was left out that no sample speaks of.
SELECT
    CASE change WHEN 'disturbed' THEN 'developed' ELSE change END AS change,
    map_area_km2,
    area_km2,
    area_low_km2,
    area_high_km2,
    users_accuracy,
    producers_accuracy,
    n_map,
    reason
FROM validation_area_total
WHERE area_km2 IS NOT NULL AND change <> 'unchanged'
ORDER BY validation_area_total.change;
