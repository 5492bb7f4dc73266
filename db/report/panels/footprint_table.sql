-- footprint_table: Area found in each year's images by country, km².
--
-- Panel:     sepin2025 TS1
-- Needs:     segmentation
-- Finding:   Mines were seen in {{ rows|length|count('country', 'countries') }}
-- Caveat:    All countries; the study prints those that ever exceed 100 km².
-- Published: section = 'Table S1'
FROM (
    PIVOT segmented_country_yearly
    ON year
    USING round(sum(area_km2), 3)
    GROUP BY country
)
ORDER BY country;
