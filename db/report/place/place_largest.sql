-- place_largest: The largest mines.
--
-- Needs:     countries
-- Finding:   {% set all = facts.area_km2 %} {% if rows|length > 1 %}The {{ rows|length }} largest mines hold
--            {{ (rows|sum(attribute='area_km2') / all)|percent }} of the area{% endif %}
SELECT
    mine_id,
    latitude,
    longitude,
    area_km2
FROM mine
WHERE iso3 = $iso3
ORDER BY area_km2 DESC, mine_id
LIMIT 20;
