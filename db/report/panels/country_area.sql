-- country_area: The ten countries with the largest mine area.
--
-- Panel:     xu2025 4c
-- Needs:     countries
-- Finding:   {{ rows[0].country }} holds {{ rows[0].area_share|percent }} of the mine area{% if rows|length > 2 %};
--            the first {{ rows|length }} countries together hold
--            {{ rows[-1].cumulative_area_share|percent }}{% endif %}
-- Caveat:    A mine on a border counts for both countries with its area, and for the one with most of it as a number.
-- Published: section = '3.1' AND scope = 'world' AND NOT starts_with(metric, 'kba')
SELECT
    country,
    area_km2,
    n_mines,
    area_share,
    cumulative_area_share
FROM country_summary
ORDER BY area_rank
LIMIT 10;
