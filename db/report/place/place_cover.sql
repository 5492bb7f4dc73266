-- place_cover: What the land was that mines took, and what came back, over all years.
--
-- Needs:     landcover
-- Finding:   {% set all = rows|sum(attribute='developed_km2') %} {% set back = rows|sum(attribute='reclaimed_km2') %}
--            {% if all %}{{ rows[0].cover_type|capitalize }} was {{ (rows[0].developed_km2 / all)|percent }} of the
--            vegetated land that mines took; for each km² taken, {{ (back / all)|number }} came back{% endif %}
-- Caveat:    Land that is taken twice counts twice.
SELECT
    cover_type,
    sum(developed_km2) AS developed_km2,
    sum(reclaimed_km2) AS reclaimed_km2
FROM country_disturbance_yearly
WHERE iso3 = $iso3
GROUP BY cover_type
ORDER BY developed_km2 DESC, cover_type;
