-- segmented_country_yearly: number and area of segmented mines by country and year.
--
-- Grain:   one row per country that has a mine in any year, year in which anything of it was segmented, threshold.
-- Reads:   core.footprint_placed, core.footprint_country_area, core.country, core.seen_country, core.site_seen,
--          core.footprint_threshold.
-- Caveat:  discontinuous polygons are left out, so the last year lacks new mining apart from older mining, unless
--          continuity_ends = 'open'. A polygon counts in the country with most of its area; its area counts where it
--          lies. Zero means that sites or sources that look at the country were segmented in that year and nothing was
--          found; a year without any has no row. A source made elsewhere looks at the countries where it ever has a
--          polygon. Ground outside all countries is in core.footprint_outside.
-- Method:  docs/methods.md#segmentation (Sepin et al. 2025, Tables 1 and S1, Figure S1)
CREATE OR REPLACE VIEW segmented_country_yearly AS
WITH piece AS (
    SELECT
        footprint_country_area.iso3,
        footprint.year,
        footprint.threshold,
        footprint_country_area.iso3 = footprint.iso3 AS is_main,
        footprint_country_area.area_km2
    FROM core.footprint_country_area
    INNER JOIN core.footprint_placed AS footprint
        ON footprint_country_area.footprint_id = footprint.footprint_id
    WHERE footprint.is_continuous IS DISTINCT FROM FALSE
),

country_year AS (
    SELECT DISTINCT
        country.iso3,
        country.country,
        site_seen.year,
        series.threshold,
        series.is_main AS is_main_threshold
    FROM core.country
    INNER JOIN core.seen_country ON country.iso3 = seen_country.iso3
    INNER JOIN core.site_seen
        ON
            seen_country.dataset = site_seen.dataset
            AND seen_country.site_id IS NOT DISTINCT FROM site_seen.site_id
    CROSS JOIN core.footprint_threshold AS series
    WHERE site_seen.status = 'done' AND country.iso3 IN (SELECT piece.iso3 FROM piece)
)

SELECT
    country_year.iso3,
    any_value(country_year.country) AS country,
    country_year.year,
    country_year.threshold,
    country_year.is_main_threshold,
    count(*) FILTER (piece.is_main) AS n_polygons,
    coalesce(sum(piece.area_km2), 0) AS area_km2
FROM country_year
LEFT JOIN piece
    ON
        country_year.iso3 = piece.iso3
        AND country_year.year = piece.year
        AND country_year.threshold IS NOT DISTINCT FROM piece.threshold
GROUP BY country_year.iso3, country_year.year, country_year.threshold, country_year.is_main_threshold;

COMMENT ON VIEW segmented_country_yearly IS 'Number and area of segmented mines by country and year.';
COMMENT ON COLUMN segmented_country_yearly.iso3 IS 'Three-letter country code.';
COMMENT ON COLUMN segmented_country_yearly.country IS 'Name of the country.';
COMMENT ON COLUMN segmented_country_yearly.year IS 'Year in which anything of the country was segmented.';
COMMENT ON COLUMN segmented_country_yearly.threshold IS
'Probability from which a pixel is mine, 0-1; NULL where the project segments nothing itself.';
COMMENT ON COLUMN segmented_country_yearly.is_main_threshold IS 'Whether that is the project''s main threshold.';
COMMENT ON COLUMN segmented_country_yearly.n_polygons IS 'Number of polygons that lie mostly in the country.';
COMMENT ON COLUMN segmented_country_yearly.area_km2 IS 'Area in the country, km2, on the WGS84 ellipsoid.';
