-- Figure 3: Segmented mine area by region and year.
--
-- Study:     sepin2025
-- Needs:     segmentation
-- Published: study = 'sepin2025' AND section = 'Results'
SELECT
    region,
    year,
    n_polygons,
    area_km2
FROM segmented_region_yearly
WHERE is_main_threshold
ORDER BY region, year;
