-- Year by year: Segmented mine area.
--
-- Study:     country
-- Needs:     segmentation
SELECT
    year,
    n_polygons,
    area_km2
FROM segmented_country_yearly
WHERE iso3 = $iso3 AND is_main_threshold
ORDER BY year;
