-- core.footprint_outside: segmented ground outside all countries, which the tables by country and region leave out.
--
-- Grain:   one row per segmented year, threshold.
-- Reads:   core.footprint_placed, core.footprint_country_area, core.site_seen,
--          core.footprint_threshold.
-- Caveat:  with it the areas by country add up to all segmented area, and the numbers to all polygons. Where two
--          countries claim the same ground they add up to more. Less than a hundred-thousandth of a polygon is no
--          ground outside: edges cut where country tiles meet are that much longer or shorter.
-- Method:  docs/methods.md#segmentation
CREATE OR REPLACE VIEW core.footprint_outside AS
WITH covered AS (
    SELECT
        footprint_id,
        core.reproducible_sum(area_km2) AS area_km2
    FROM core.footprint_country_area
    GROUP BY footprint_id
),

remainder AS (
    SELECT
        footprint.year,
        footprint.threshold,
        footprint.iso3,
        footprint.area_km2,
        footprint.area_km2 - coalesce(covered.area_km2, 0) AS outside_km2
    FROM core.footprint_placed AS footprint
    LEFT JOIN covered ON footprint.footprint_id = covered.footprint_id
    WHERE footprint.is_continuous IS DISTINCT FROM FALSE
),

segmented_year AS (
    SELECT DISTINCT
        site_seen.year,
        series.threshold
    FROM core.site_seen
    CROSS JOIN core.footprint_threshold AS series
    WHERE site_seen.status = 'done'
)

SELECT
    segmented_year.year,
    segmented_year.threshold,
    count(*) FILTER (remainder.year IS NOT NULL AND remainder.iso3 IS NULL) AS n_polygons,
    coalesce(
        core.reproducible_sum(
            CASE WHEN remainder.outside_km2 > 1e-5 * remainder.area_km2 THEN remainder.outside_km2 END
        ),
        0
    ) AS area_km2
FROM segmented_year
LEFT JOIN remainder
    ON
        segmented_year.year = remainder.year
        AND segmented_year.threshold IS NOT DISTINCT FROM remainder.threshold
GROUP BY segmented_year.year, segmented_year.threshold;

COMMENT ON VIEW core.footprint_outside IS
'Segmented ground outside all countries, which the tables by country and region leave out.';
COMMENT ON COLUMN core.footprint_outside.year IS 'Year.';
COMMENT ON COLUMN core.footprint_outside.threshold IS 'Threshold, 0-1; NULL where the project segments nothing itself.';
COMMENT ON COLUMN core.footprint_outside.n_polygons IS 'Number of polygons that reach into no country.';
COMMENT ON COLUMN core.footprint_outside.area_km2 IS 'Area outside all countries, km2, on the WGS84 ellipsoid.';
