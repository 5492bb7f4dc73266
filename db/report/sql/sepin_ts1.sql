-- Table S1: Segmented mine area by country and year, km2.
--
-- Study:     sepin2025
-- Needs:     segmentation
-- Published: study = 'sepin2025' AND section = 'Table S1'
FROM (
    PIVOT (SELECT * FROM segmented_country_yearly WHERE is_main_threshold)
    ON year
    USING round(sum(area_km2), 3)
    GROUP BY country
)
ORDER BY country;
