-- Table A2: Mines inside Key Biodiversity Areas by country.
--
-- Study:     xu2025
-- Needs:     protected
-- Published: section = 'Table A2'
SELECT
    country,
    n_mines,
    area_km2,
    mean_area_km2
FROM protected_country_summary
ORDER BY area_km2 DESC, country;
