-- place_cover: What the land was that mines took, and what came back, over all years.
--
-- Needs:     landcover
-- Finding:   {% set five = rows|selectattr('is_in_totals')|list %} {% set all = five|sum(attribute='developed_km2') %}
--            {% set back = five|sum(attribute='reclaimed_km2') %}{% if all %}{{ five[0].cover_type|capitalize }} was
--            {{ (five[0].developed_km2 / all)|percent }} of the vegetated land that mines took; for each km² taken,
--            {{ (back / all)|number }} came back{% endif %}
-- Caveat:    Land that is taken twice counts twice. Sentences and totals are about the cover types of the study.
SELECT
    cover_type,
    is_in_totals,
    sum(developed_km2) AS developed_km2,
    sum(reclaimed_km2) AS reclaimed_km2
FROM region_disturbance_yearly
WHERE layer = $layer AND region_id = $region_id
GROUP BY cover_type, is_in_totals
ORDER BY is_in_totals DESC, developed_km2 DESC, cover_type ASC;
