-- status_country: Status of mines in the 15 countries with most mines, share of their number.
--
-- Panel:     xu2025 7d
-- Needs:     status
-- Finding:   {% set active = rows|selectattr('status', 'eq', 'active')|sort(attribute='n_share', reverse=true) %}
--            {% if active %}The share of active mines is highest in {{ active[0].name }},
--            {{ active[0].n_share|percent }}{% if active|length > 1 %}, and lowest in {{ active[-1].name }},
--            {{ active[-1].n_share|percent }}{% endif %}{% else %}No mine is active{% endif %}
-- Published: section = '3.3' AND scope = 'country'
WITH largest AS (
    SELECT
        name,
        sum(n_mines) AS n_all
    FROM status_summary
    WHERE scope = 'country'
    GROUP BY name
    ORDER BY n_all DESC, name ASC
    LIMIT 15
)

SELECT
    status_summary.name,
    status_summary.status,
    status_summary.n_mines,
    status_summary.n_share,
    status_summary.area_km2
FROM status_summary
INNER JOIN largest ON status_summary.name = largest.name
WHERE status_summary.scope = 'country'
ORDER BY largest.n_all DESC, status_summary.name ASC, status_summary.status ASC;
