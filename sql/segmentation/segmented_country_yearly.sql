-- segmented_country_yearly: number and area of segmented mines by country and year.
--
-- Grain:   one row per country that has a mine in any year, and year in which anything of it was segmented.
-- Reads:   core.footprint_placed, core.footprint_country_area, core.country, core.seen_country, raw.segmented_site.
-- Caveat:  discontinuous polygons are left out, so the last year lacks new mining apart from older mining, unless
--          continuity_ends = 'open'. A polygon counts in the country with most of its area; its area counts where it
--          lies. Zero means that sites or sources that look at the country were segmented in that year and nothing was
--          found; a year without any has no row. A source made elsewhere looks at the countries where it ever has a
--          polygon. Ground outside all countries is in core.footprint_outside.
-- Method:  docs/methods.md#segmentation (Sepin et al. 2025, Table S1)
CREATE OR REPLACE VIEW segmented_country_yearly AS
WITH piece AS (
    SELECT
        footprint_country_area.iso3,
        footprint.year,
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
        segmented_site.year
    FROM core.country
    INNER JOIN core.seen_country ON country.iso3 = seen_country.iso3
    INNER JOIN raw.segmented_site
        ON
            seen_country.dataset = segmented_site.dataset
            AND seen_country.site_id IS NOT DISTINCT FROM segmented_site.site_id
    WHERE segmented_site.status = 'done' AND country.iso3 IN (SELECT piece.iso3 FROM piece)
)

SELECT
    country_year.iso3,
    any_value(country_year.country) AS country,
    country_year.year,
    count(*) FILTER (piece.is_main) AS n_polygons,
    coalesce(sum(piece.area_km2), 0) AS area_km2
FROM country_year
LEFT JOIN piece
    ON country_year.iso3 = piece.iso3 AND country_year.year = piece.year
GROUP BY country_year.iso3, country_year.year;

COMMENT ON VIEW segmented_country_yearly IS 'Number and area of segmented mines by country and year.';
COMMENT ON COLUMN segmented_country_yearly.iso3 IS 'Three-letter country code.';
COMMENT ON COLUMN segmented_country_yearly.country IS 'Name of the country.';
COMMENT ON COLUMN segmented_country_yearly.year IS 'Year in which anything of the country was segmented.';
COMMENT ON COLUMN segmented_country_yearly.n_polygons IS 'Number of polygons that lie mostly in the country.';
COMMENT ON COLUMN segmented_country_yearly.area_km2 IS 'Area in the country, km2, on the WGS84 ellipsoid.';
