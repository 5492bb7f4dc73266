-- country_table: Mines by country.
--
-- Panel:     xu2025 TA1
-- Needs:     countries
-- Finding:   {% set many = rows|sort(attribute='n_mines', reverse=true)|first %} {{ many.country }} has most mines,
--            {{ many.n_mines|number }}{% if many.country != rows[0].country %}; {{ rows[0].country }} most mine area,
--            {{ rows[0].area_km2|km2 }}{% else %}, and most mine area, {{ many.area_km2|km2 }}{% endif %}
-- Published: section = 'Table A1'
SELECT
    country,
    continent,
    n_mines,
    area_km2,
    mean_area_km2,
    area_share,
    cumulative_area_share
FROM country_summary
ORDER BY area_rank;
