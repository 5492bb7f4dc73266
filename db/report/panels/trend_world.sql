-- trend_world: Trends of bare surface, greenness and night light, share of the mines.
--
-- Needs:     status
-- Finding:   {% set told = rows|selectattr('trend', 'in', ['increasing', 'decreasing'])|sort(attribute='n_share',
--            reverse=true) %} {% if told %}{{ told[0].indicator|upper }} is {{ told[0].trend }} in
--            {{ told[0].n_share|percent }} of the mines, the most common trend{% else %}No series shows a
--            trend{% endif %}
-- Caveat:    bsp: bare surface percentage; ndvi: greenness; ntl: night-time light.
SELECT
    indicator,
    coalesce(trend, 'not tested') AS trend,
    n_mines,
    n_share,
    area_km2
FROM trend_summary
WHERE name = 'World'
ORDER BY indicator, trend;
