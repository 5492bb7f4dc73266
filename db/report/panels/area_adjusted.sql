-- area_adjusted: Area of each year's change, on the map and corrected by the samples.
--
-- Needs:     validation
-- Finding:   {% set mapped = rows|rejectattr('map_area_km2', 'none')|sum(attribute='map_area_km2') %}
--            {% set all = rows|sum(attribute='area_km2') %} {% if mapped %}By the samples {{ all|km2 }} changed in
--            these years, where the map says {{ mapped|km2 }}{% endif %}
-- Caveat:    Bars: 95 % intervals of the sample. They say nothing of ground that the sample does not cover.
SELECT
    year,
    map_area_km2,
    area_km2,
    area_se_km2,
    users_accuracy,
    producers_accuracy,
    n_map
FROM validation_area_adjusted
WHERE year IS NOT NULL AND area_km2 IS NOT NULL
ORDER BY year DESC;
