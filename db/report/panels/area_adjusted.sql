-- area_adjusted: Area of each year's change, on the map and corrected by the samples.
--
-- Needs:     validation
-- Finding:   {% set apart = [] %}{% for row in rows %}{% if row.map_area_km2 and (row.map_area_km2 < row.area_low_km2
--            or row.map_area_km2 > row.area_high_km2) %}{% set _ = apart.append(row) %}{% endif %}{% endfor %}In
--            {{ apart|length|number }} of {{ rows|selectattr('map_area_km2')|list|length|count('year and kind',
--            'years and kinds') }} of change the map lies outside what the samples allow
-- Caveat:    Lines: 95 % intervals of the sample.
SELECT
    CASE change WHEN 'disturbed' THEN 'developed' ELSE change END AS change,
    year,
    map_area_km2,
    area_km2,
    area_low_km2,
    area_high_km2,
    users_accuracy,
    producers_accuracy,
    n_map
FROM validation_area_adjusted
WHERE year IS NOT NULL AND area_km2 IS NOT NULL
ORDER BY validation_area_adjusted.change ASC, year DESC;
