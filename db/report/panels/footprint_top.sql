-- footprint_top: Area of the five countries with the largest footprint, by year, km².
--
-- Panel:     sepin2025 T1
-- Needs:     segmentation
-- Finding:   {{ rows|map(attribute='country')|list|joined }} {{ 'has' if rows|length == 1 else 'have' }} the largest
--            areas seen as mine
WITH largest AS (
    SELECT iso3
    FROM segmented_country_yearly
    WHERE is_main_threshold
    GROUP BY iso3
    ORDER BY max(area_km2) DESC, iso3
    LIMIT 5
),

yearly AS (
    SELECT
        country,
        year,
        area_km2
    FROM segmented_country_yearly
    WHERE is_main_threshold AND iso3 IN (FROM largest)
)

SELECT *
FROM (
    PIVOT yearly
    ON year
    USING round(sum(area_km2), 3)
    GROUP BY country
)
ORDER BY country;
