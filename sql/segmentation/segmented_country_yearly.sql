-- segmented_country_yearly: number and area of segmented mines by country and year.
--
-- Grain:   one row per country that has a mine in any year, year in which anything of it was segmented, threshold.
-- Reads:   core.region_segmented, core.country.
-- Layers:  country.
-- Caveat:  discontinuous polygons are left out, so the last year lacks new mining apart from older mining, unless
--          continuity_ends = 'open'. A polygon counts in the country with most of its area; its area counts where it
--          lies. Zero means that sites or sources that look at the country were segmented in that year and nothing was
--          found; a year without any has no row. A source made elsewhere looks at the countries where it ever has a
--          polygon. Ground outside all countries is in core.footprint_outside.
-- Method:  docs/methods.md#segmentation (Sepin et al. 2025, Tables 1 and S1, Figure S1)
CREATE OR REPLACE VIEW segmented_country_yearly AS
SELECT
    segmented.region_id AS iso3,
    country.country,
    segmented.year,
    segmented.threshold,
    segmented.is_main_threshold,
    segmented.n_polygons,
    segmented.area_km2,
    segmented.reported_km2
FROM core.region_segmented AS segmented
INNER JOIN core.country ON segmented.region_id = country.iso3
WHERE
    segmented.layer = 'country'
    AND segmented.region_id IN (
        SELECT ever.region_id
        FROM core.region_segmented AS ever
        WHERE ever.layer = 'country' AND ever.area_km2 > 0
    )
ORDER BY segmented.region_id, segmented.year, segmented.threshold;

COMMENT ON VIEW segmented_country_yearly IS 'Number and area of segmented mines by country and year.';
COMMENT ON COLUMN segmented_country_yearly.iso3 IS 'Three-letter country code.';
COMMENT ON COLUMN segmented_country_yearly.country IS 'Name of the country.';
COMMENT ON COLUMN segmented_country_yearly.year IS 'Year in which anything of the country was segmented.';
COMMENT ON COLUMN segmented_country_yearly.threshold IS
'Probability from which a pixel is mine, 0-1; NULL where the project segments nothing itself.';
COMMENT ON COLUMN segmented_country_yearly.is_main_threshold IS 'Whether that is the project''s main threshold.';
COMMENT ON COLUMN segmented_country_yearly.n_polygons IS 'Number of polygons that lie mostly in the country.';
COMMENT ON COLUMN segmented_country_yearly.area_km2 IS 'Area in the country, km2, on the WGS84 ellipsoid.';
COMMENT ON COLUMN segmented_country_yearly.reported_km2 IS
'Area of mines as publishers report it, shared out as outlines are, km2; NULL where an outline has none.';
