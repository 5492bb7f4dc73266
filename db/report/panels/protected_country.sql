-- protected_country: The ten countries with the largest mine area inside Key Biodiversity Areas.
--
-- Panel:     xu2025 5c
-- Needs:     protected
-- Finding:   {{ rows[0].country }} has most mine area inside Key Biodiversity Areas: {{ rows[0].area_km2|km2 }} in
--            {{ rows[0].n_mines|count('mine') }}
-- Published: section = '3.1' AND scope = 'world' AND starts_with(metric, 'kba')
SELECT
    country,
    area_km2,
    n_mines
FROM protected_country_summary
ORDER BY area_km2 DESC, country ASC
LIMIT 10;
