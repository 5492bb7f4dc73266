-- protected_table: Mines inside Key Biodiversity Areas by country.
--
-- Panel:     xu2025 TA2
-- Needs:     protected
-- Finding:   {{ rows|sum(attribute='n_mines')|count('mine') }} of {{ rows|length|count('country', 'countries') }}
--            {{ 'reaches' if rows|sum(attribute='n_mines') == 1 else 'reach' }} into Key Biodiversity Areas
-- Published: section = 'Table A2'
SELECT
    country,
    n_mines,
    area_km2,
    mean_area_km2
FROM protected_country_summary
ORDER BY area_km2 DESC, country ASC;
