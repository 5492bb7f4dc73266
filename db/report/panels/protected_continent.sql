-- protected_continent: Mine area and number of mines inside Key Biodiversity Areas by continent.
--
-- Panel:     xu2025 5b
-- Needs:     protected
-- Finding:   {% set inside = rows|sum(attribute='area_km2') %} {{ (inside / facts.area_km2)|percent }} of the mine
--            area lies inside Key Biodiversity Areas: {{ inside|km2 }}, {{ rows[0].area_km2|km2 }} of it in
--            {{ rows[0].continent }}
-- Caveat:    A place counts once, however many areas overlap there.
-- Published: section = '3.1' AND scope = 'continent' AND starts_with(metric, 'kba')
SELECT
    continent,
    n_mines,
    area_km2,
    mean_area_km2
FROM protected_continent_summary
ORDER BY area_km2 DESC, continent ASC;
