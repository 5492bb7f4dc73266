-- core.segmented_place_yearly: segmented mines of the countries, regions and tropics that the study prints, by year.
--
-- Grain:   one row per scope, name, year.
-- Reads:   segmented_country_yearly, segmented_region_yearly, raw.published_name.
-- Caveat:  the study joins Asia and Oceania, and the Americas. The main threshold only.
-- Method:  docs/methods.md#published-figures (Sepin et al. 2025, Table S1)
CREATE OR REPLACE VIEW core.segmented_place_yearly AS
WITH region_year AS (
    SELECT
        CASE
            WHEN region IN ('Asia', 'Oceania') THEN 'Asia and Oceania'
            WHEN region IN ('North America', 'South America') THEN 'Americas'
            ELSE region
        END AS name,
        year,
        n_polygons,
        area_km2
    FROM main.segmented_region_yearly
    WHERE is_main_threshold
)

SELECT
    'country' AS scope,
    published_name.name,
    country.year,
    country.n_polygons::DOUBLE AS n_polygons,
    country.area_km2
FROM main.segmented_country_yearly AS country
INNER JOIN raw.published_name ON country.iso3 = published_name.key AND published_name.scope = 'country'
WHERE country.is_main_threshold

UNION ALL

SELECT
    'region' AS scope,
    name,
    year,
    sum(n_polygons)::DOUBLE AS n_polygons,
    core.reproducible_sum(area_km2) AS area_km2
FROM region_year
GROUP BY name, year

UNION ALL

SELECT
    'tropics' AS scope,
    'Tropics' AS name,
    year,
    sum(n_polygons)::DOUBLE AS n_polygons,
    core.reproducible_sum(area_km2) AS area_km2
FROM region_year
GROUP BY year;

COMMENT ON VIEW core.segmented_place_yearly IS
'Segmented mines of the countries, regions and tropics that the study prints, by year.';
COMMENT ON COLUMN core.segmented_place_yearly.scope IS 'country, region or tropics.';
COMMENT ON COLUMN core.segmented_place_yearly.name IS 'Which one.';
COMMENT ON COLUMN core.segmented_place_yearly.year IS 'Year.';
COMMENT ON COLUMN core.segmented_place_yearly.n_polygons IS 'Number of polygons.';
COMMENT ON COLUMN core.segmented_place_yearly.area_km2 IS 'Area, km2, on the WGS84 ellipsoid.';
