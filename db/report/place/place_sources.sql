-- place_sources: Mine area by each source alone and by all together.
--
-- Needs:     polygons
-- Finding:   {% set own = rows|rejectattr('dataset', 'eq', 'all together')|list %} {% if own|length > 1 %}Of
--            {{ facts.area_km2|km2 }} in all {{ own[0].dataset }} draws {{ own[0].area_km2|km2 }} and
--            {{ own[-1].dataset }} {{ own[-1].area_km2|km2 }}{% else %}One source draws all of it,
--            {{ own[0].dataset }}{% endif %}
-- Caveat:    Sources are cut at the border. Ground that was erased or straightened away counts for no source.
SELECT
    CASE WHEN dataset = 'union' THEN 'all together' ELSE dataset END AS dataset,
    n_mines,
    area_km2,
    alone_km2
FROM region_source_spread
WHERE layer = $layer AND region_id = $region_id
ORDER BY region_source_spread.dataset = 'union' ASC, area_km2 DESC, dataset ASC;
