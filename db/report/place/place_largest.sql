-- place_largest: The largest mines.
--
-- Needs:     polygons
-- Finding:   {% set all = facts.area_km2 %} {% if rows|length > 1 %}The {{ rows|length }} largest mines hold
--            {{ (rows|sum(attribute='area_km2') / all)|percent }} of the area{% else %}There is one
--            mine{% if rows[0].name %}, {{ rows[0].name }}{% endif %}{% endif %}
-- Caveat:    A mine on the border counts with the part inside.
SELECT
    mine.name,
    held.mine_id,
    mine.commodity,
    mine_status.status,
    held.area_km2,
    mine.area_km2 AS whole_area_km2,
    mine.latitude,
    mine.longitude
FROM region_overlap AS held
INNER JOIN mine ON held.mine_id = mine.mine_id
LEFT JOIN mine_status ON held.mine_id = mine_status.mine_id
WHERE held.layer = $layer AND held.region_id = $region_id
ORDER BY held.area_km2 DESC, held.mine_id ASC
LIMIT 20;
