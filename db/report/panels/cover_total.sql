-- cover_total: What the land was that mines took, and what came back, over all years.
--
-- Panel:     xu2025 6b
-- Needs:     landcover
-- Finding:   {% set five = rows|selectattr('is_in_totals')|list %} {% set all = five|sum(attribute='developed_km2') %}
--            {% set back = five|sum(attribute='reclaimed_km2') %}{% if all %}{{ five[0].cover_type|capitalize }} was
--            {{ (five[0].developed_km2 / all)|percent }} of the vegetated land that mines took; for each km² taken,
--            {{ (back / all)|number }} came back{% endif %}
-- Caveat:    Land that is taken twice counts twice. Sentences and totals are about the cover types of the study.
-- Published: section = '3.2' AND scope = 'land cover'
SELECT
    cover_type,
    is_in_totals,
    developed_km2,
    reclaimed_km2,
    developed_share,
    reclaimed_share,
    unreclaimed_share
FROM disturbance_total
ORDER BY is_in_totals DESC, developed_km2 DESC, cover_type ASC;
