-- footprint_table: Area found in each year's images by country, km².
--
-- Panel:     sepin2025 TS1
-- Needs:     segmentation
-- Finding:   Mines were seen in {{ rows|length|count('country', 'countries') }}
-- Caveat:    All countries; the study prints those that ever exceed 100 km².
-- Published: section = 'Table S1'
WITH yearly AS (
    SELECT
        country,
        year,
        area_km2
    FROM segmented_country_yearly
    WHERE is_main_threshold
)

SELECT *
FROM (
    PIVOT yearly
    ON year
    USING round(sum(area_km2), 3)
    GROUP BY country
)
ORDER BY country;
