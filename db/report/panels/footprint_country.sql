-- footprint_country: Area found in each year's images in the three largest countries of each region, and in its others.
--
-- Panel:     sepin2025 S1
-- Needs:     segmentation
-- Finding:   {% set year = rows|map(attribute='year')|max %} {% set top = rows|selectattr('year', 'eq',
--            year)|sort(attribute='area_km2', reverse=true)|first %}In {{ year }} {{ top.country if top.country !=
--            'others' else 'smaller countries of ' ~ top.region }} had most area seen as mine, {{ top.area_km2|km2 }}
-- Caveat:    Each region has its own scale; the number of polygons stands in the table.
WITH ranked AS (
    SELECT
        yearly.iso3,
        any_value(country_summary.continent) AS region,
        row_number() OVER (
            PARTITION BY any_value(country_summary.continent)
            ORDER BY sum(yearly.area_km2) DESC, yearly.iso3 ASC
        ) AS place
    FROM segmented_country_yearly AS yearly
    INNER JOIN country_summary ON yearly.iso3 = country_summary.iso3
    WHERE yearly.is_main_threshold
    GROUP BY yearly.iso3
)

SELECT
    ranked.region,
    CASE WHEN ranked.place <= 3 THEN yearly.country ELSE 'others' END AS country,
    least(any_value(ranked.place), 4) AS place_in_region,
    yearly.year,
    sum(yearly.area_km2) AS area_km2,
    sum(yearly.n_polygons) AS n_polygons
FROM segmented_country_yearly AS yearly
INNER JOIN ranked ON yearly.iso3 = ranked.iso3
WHERE yearly.is_main_threshold
GROUP BY ranked.region, CASE WHEN ranked.place <= 3 THEN yearly.country ELSE 'others' END, yearly.year
ORDER BY ranked.region ASC, place_in_region ASC, yearly.year DESC;
