-- cover_gap: Spread over the years of the gap between developed and reclaimed land, by what it was or became.
--
-- Panel:     xu2025 6c
-- Needs:     landcover
-- Finding:   {% set up = rows|selectattr('median_km2', 'gt', 0)|list %} {% if up %}In the median year mines took
--            {{ rows[0].median_km2|km2 }} more {{ rows[0].cover_type }} than came back{% else %}In the median year
--            more of every kind of land came back than mines took{% endif %}
-- Caveat:    Box: the middle half of the years; line: all of them; white: the median.
SELECT
    cover_type,
    min_km2,
    q1_km2,
    median_km2,
    q3_km2,
    max_km2
FROM disturbance_gap
ORDER BY median_km2 DESC, cover_type ASC;
