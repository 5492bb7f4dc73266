-- segmented_region_yearly: number, area and mean area of segmented mines by region and year.
--
-- Grain:   one row per region that has a mine in any year, year in which anything of it was segmented, threshold.
-- Reads:   segmented_country_yearly, core.country.
-- Caveat:  regions are the continents of the country source; the study joins Asia and Oceania, and the Americas.
--          A year adds up the countries that were segmented in it, and has no row without any.
--          Ground outside all countries is in core.footprint_outside.
-- Method:  docs/methods.md#segmentation (Sepin et al. 2025, Figure 3)
CREATE OR REPLACE VIEW segmented_region_yearly AS
SELECT
    country.continent AS region,
    segmented_country_yearly.year,
    segmented_country_yearly.threshold,
    segmented_country_yearly.is_main_threshold,
    sum(segmented_country_yearly.n_polygons)::BIGINT AS n_polygons,
    sum(segmented_country_yearly.area_km2) AS area_km2,
    sum(segmented_country_yearly.area_km2)
    / nullif(sum(segmented_country_yearly.n_polygons), 0) AS mean_area_km2
FROM segmented_country_yearly
INNER JOIN core.country ON segmented_country_yearly.iso3 = country.iso3
GROUP BY
    country.continent,
    segmented_country_yearly.year,
    segmented_country_yearly.threshold,
    segmented_country_yearly.is_main_threshold;

COMMENT ON VIEW segmented_region_yearly IS
'Number, area and mean area of segmented mines by region and year.';
COMMENT ON COLUMN segmented_region_yearly.region IS 'Continent.';
COMMENT ON COLUMN segmented_region_yearly.year IS 'Year in which anything of the region was segmented.';
COMMENT ON COLUMN segmented_region_yearly.threshold IS
'Probability from which a pixel is mine, 0-1; NULL where the project segments nothing itself.';
COMMENT ON COLUMN segmented_region_yearly.is_main_threshold IS 'Whether that is the project''s main threshold.';
COMMENT ON COLUMN segmented_region_yearly.n_polygons IS 'Number of polygons that lie mostly in its countries.';
COMMENT ON COLUMN segmented_region_yearly.area_km2 IS 'Area, km2, on the WGS84 ellipsoid.';
COMMENT ON COLUMN segmented_region_yearly.mean_area_km2 IS 'Mean area of a polygon, km2; NULL without any.';
