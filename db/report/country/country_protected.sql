-- Protected areas: Mines inside Key Biodiversity Areas.
--
-- Study:     country
-- Needs:     protected
SELECT
    n_mines,
    area_km2,
    mean_area_km2
FROM protected_country_summary
WHERE iso3 = $iso3;
