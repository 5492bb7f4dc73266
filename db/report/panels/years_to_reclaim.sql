-- years_to_reclaim: How long land stayed bare before it came back.
--
-- Needs:     landcover
-- Finding:   {% set ns = namespace(seen=0, median=rows[0].years) %} {% set all = rows|sum(attribute='n_mines') %}
--            {% for row in rows %} {% if ns.seen * 2 < all %} {% set ns.median = row.years %} {% endif %}
--            {% set ns.seen = ns.seen + row.n_mines %} {% endfor %}Where mined land came back, it took
--            {{ ns.median|count('year') }} in the median mine
-- Caveat:    Only land that came back counts: what is still bare is not here, so the true wait is longer.
SELECT
    round(median_years_to_reclaim)::INTEGER AS years,
    count(*) AS n_mines
FROM mine_timeline
WHERE median_years_to_reclaim IS NOT NULL
GROUP BY years
ORDER BY years;
