-- gap_yearly: The gap between developed and reclaimed land each year, by what the land was or became.
--
-- Panel:     xu2025 A3
-- Needs:     landcover
-- Finding:   {% set year = rows[0].year %} {% set now = rows|selectattr('year', 'eq', year)|list %}
--            {% set gap = now|sum(attribute='gap_km2') %} {% if gap > 0 %}In {{ year }} mines took {{ gap|km2 }} more
--            than came back, most of it {{ now[0].cover_type }}{% else %}In {{ year }} {{ (-gap)|km2 }} more came
--            back than mines took{% endif %}
-- Caveat:    Dashed: all land. Maps before 2000 are five years apart: what changed between two of them is spread
--            evenly over the years.
SELECT
    year,
    cover_type,
    sum(developed_km2) AS developed_km2,
    sum(reclaimed_km2) AS reclaimed_km2,
    sum(developed_km2 - reclaimed_km2) AS gap_km2
FROM mine_disturbance_yearly
WHERE is_in_totals
GROUP BY year, cover_type
ORDER BY year DESC, gap_km2 DESC, cover_type ASC;
