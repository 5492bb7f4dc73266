-- Figure S1: Number of segmented polygons by region and year.
--
-- Study:     sepin2025
-- Needs:     segmentation
SELECT
    region,
    year,
    n_polygons,
    mean_area_km2
FROM segmented_region_yearly
WHERE is_main_threshold
ORDER BY region, year;
