-- cover_total: What the land was that mines took, and what came back, over all years.
--
-- Panel:     xu2025 6b
-- Needs:     landcover
-- Finding:   {% set all = rows|sum(attribute='developed_km2') %} {% set back = rows|sum(attribute='reclaimed_km2') %}
--            {% if all %}{{ rows[0].cover_type|capitalize }} was {{ (rows[0].developed_km2 / all)|percent }} of the
--            vegetated land that mines took; for each km² taken, {{ (back / all)|number }} came back{% endif %}
-- Caveat:    Land that is taken twice counts twice.
-- Published: section = '3.2' AND scope = 'land cover'
SELECT
    cover_type,
    developed_km2,
    reclaimed_km2,
    developed_share,
    reclaimed_share,
    unreclaimed_share
FROM disturbance_total
ORDER BY developed_km2 DESC, cover_type ASC;
