-- core.region_segmented: number and area of segmented mines by region and year.
--
-- Grain:   one row per layer, region_id, year in which anything of the region was segmented, threshold.
-- Reads:   core.footprint_placed, core.footprint_place, core.footprint_region, core.seen_region,
--          core.site_seen, core.footprint_threshold.
-- Stored:  yes, it adds up the pieces of every year.
-- Caveat:  discontinuous polygons are left out. Zero means that sites or sources that look at the region were segmented
--          in that year and nothing was found.
-- Method:  docs/methods.md#segmentation (Sepin et al. 2025, Table S1)
CREATE OR REPLACE VIEW core.region_segmented AS
WITH seen_year AS (
    SELECT DISTINCT
        seen_region.layer,
        seen_region.region_id,
        site_seen.year,
        series.threshold,
        series.is_main AS is_main_threshold
    FROM core.seen_region
    INNER JOIN core.site_seen
        ON
            seen_region.dataset = site_seen.dataset
            AND seen_region.site_id IS NOT DISTINCT FROM site_seen.site_id
    CROSS JOIN core.footprint_threshold AS series
    WHERE site_seen.status = 'done' AND seen_region.region_id IS NOT NULL
),

measured AS (
    SELECT
        place.layer,
        place.region_id,
        footprint.year,
        footprint.threshold,
        count(*) FILTER (WHERE reached.is_main) AS n_polygons,
        count(*) AS n_polygons_reaching,
        core.reproducible_sum(place.area_km2) AS area_km2,
        CASE
            WHEN count(footprint.reported_km2) = count(*)
                THEN core.reproducible_sum(footprint.reported_km2 * place.area_km2 / footprint.area_km2)
        END AS reported_km2
    FROM core.footprint_placed AS footprint
    INNER JOIN core.footprint_place AS place ON footprint.footprint_id = place.footprint_id
    INNER JOIN core.footprint_region AS reached
        ON
            place.footprint_id = reached.footprint_id
            AND place.layer = reached.layer
            AND place.region_id = reached.region_id
    WHERE footprint.is_continuous IS DISTINCT FROM FALSE
    GROUP BY place.layer, place.region_id, footprint.year, footprint.threshold
)

SELECT
    seen_year.layer,
    seen_year.region_id,
    seen_year.year,
    seen_year.threshold,
    seen_year.is_main_threshold,
    coalesce(measured.n_polygons, 0) AS n_polygons,
    coalesce(measured.n_polygons_reaching, 0) AS n_polygons_reaching,
    coalesce(measured.area_km2, 0) AS area_km2,
    CASE WHEN measured.layer IS NULL THEN 0 ELSE measured.reported_km2 END AS reported_km2
FROM seen_year
LEFT JOIN measured
    ON
        seen_year.layer = measured.layer
        AND seen_year.region_id = measured.region_id
        AND seen_year.year = measured.year
        AND seen_year.threshold IS NOT DISTINCT FROM measured.threshold
ORDER BY seen_year.layer, seen_year.region_id, seen_year.year, seen_year.threshold;

COMMENT ON VIEW core.region_segmented IS 'Number and area of segmented mines by region and year.';
COMMENT ON COLUMN core.region_segmented.layer IS 'Region layer.';
COMMENT ON COLUMN core.region_segmented.region_id IS 'Id of the region in its layer.';
COMMENT ON COLUMN core.region_segmented.year IS 'Year.';
COMMENT ON COLUMN core.region_segmented.threshold IS 'Threshold, 0-1; NULL where the project segments nothing itself.';
COMMENT ON COLUMN core.region_segmented.is_main_threshold IS 'Whether that is the project''s main threshold.';
COMMENT ON COLUMN core.region_segmented.n_polygons IS 'Number of polygons with most of their area there.';
COMMENT ON COLUMN core.region_segmented.n_polygons_reaching IS 'Number of polygons that share area with the region.';
COMMENT ON COLUMN core.region_segmented.area_km2 IS 'Segmented area there, km2, on the WGS84 ellipsoid.';
COMMENT ON COLUMN core.region_segmented.reported_km2 IS
'Area of mines there as publishers report it, shared out as outlines are, km2; NULL where an outline has none.';
