-- status_continent: Status of mines by continent, share of their number.
--
-- Panel:     xu2025 7c
-- Needs:     status
-- Finding:   {% set active = rows|selectattr('status', 'eq', 'active')|sort(attribute='n_share', reverse=true) %}
--            {% if active %}The share of active mines is highest in {{ active[0].name }},
--            {{ active[0].n_share|percent }}{% if active|length > 1 %}, and lowest in {{ active[-1].name }},
--            {{ active[-1].n_share|percent }}{% endif %}{% else %}No mine is active{% endif %}
-- Published: section = '3.3' AND scope = 'continent'
SELECT
    name,
    status,
    n_mines,
    n_share,
    area_km2
FROM status_summary
WHERE scope = 'continent'
ORDER BY name, status;
