-- core.footprint_outside: segmented ground outside all countries, which the tables by country and region leave out.
--
-- Grain:   one row per segmented year, threshold.
-- Reads:   core.footprint_placed, core.footprint_piece, core.footprint_piece_region, core.site_seen,
--          core.footprint_threshold.
-- Layers:  country.
-- Caveat:  with it the areas by country add up to all segmented area, and the numbers to all polygons. Ground that
--          countries claim in common is shared out among them.
-- Method:  docs/methods.md#segmentation
CREATE OR REPLACE VIEW core.footprint_outside AS
WITH outside AS (
    SELECT
        footprint.year,
        footprint.threshold,
        footprint_piece.area_km2
    FROM core.footprint_placed AS footprint
    INNER JOIN core.footprint_piece ON footprint.footprint_id = footprint_piece.footprint_id
    LEFT JOIN core.footprint_piece_region AS piece_region
        ON footprint_piece.piece_id = piece_region.piece_id AND piece_region.layer = 'country'
    WHERE footprint.is_continuous IS DISTINCT FROM FALSE AND piece_region.piece_id IS NULL
),

number AS (
    SELECT
        year,
        threshold,
        count(*) AS n_polygons
    FROM core.footprint_placed
    WHERE is_continuous IS DISTINCT FROM FALSE AND iso3 IS NULL
    GROUP BY year, threshold
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
    coalesce(any_value(number.n_polygons), 0) AS n_polygons,
    coalesce(core.reproducible_sum(outside.area_km2), 0) AS area_km2
FROM segmented_year
LEFT JOIN number
    ON segmented_year.year = number.year AND segmented_year.threshold IS NOT DISTINCT FROM number.threshold
LEFT JOIN outside
    ON segmented_year.year = outside.year AND segmented_year.threshold IS NOT DISTINCT FROM outside.threshold
GROUP BY segmented_year.year, segmented_year.threshold;

COMMENT ON VIEW core.footprint_outside IS
'Segmented ground outside all countries, which the tables by country and region leave out.';
COMMENT ON COLUMN core.footprint_outside.year IS 'Year.';
COMMENT ON COLUMN core.footprint_outside.threshold IS 'Threshold, 0-1; NULL where the project segments nothing itself.';
COMMENT ON COLUMN core.footprint_outside.n_polygons IS 'Number of polygons that reach into no country.';
COMMENT ON COLUMN core.footprint_outside.area_km2 IS 'Area outside all countries, km2, on the WGS84 ellipsoid.';
