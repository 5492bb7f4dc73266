-- continent_change: Land developed (up) and reclaimed (down) each year by continent, and what it was or became.
--
-- Panel:     xu2025 A4
-- Needs:     landcover
-- Finding:   {% set ns = namespace(top='', most=0) %} {% for name, part in rows|groupby('continent') %}
--            {% set all = part|sum(attribute='developed_km2') %} {% if all > ns.most %} {% set ns.most = all %}
--            {% set ns.top = name %} {% endif %} {% endfor %} {% if ns.top %}Mines took most land in {{ ns.top }}:
--            {{ ns.most|km2 }} since {{ rows|map(attribute='year')|min }}{% endif %}
-- Caveat:    Each continent has its own scale.
SELECT
    continent,
    year,
    cover_type,
    developed_km2,
    reclaimed_km2
FROM continent_disturbance_yearly
WHERE is_in_totals
ORDER BY continent ASC, year DESC, cover_type ASC;
