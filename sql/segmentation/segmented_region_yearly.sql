-- segmented_region_yearly: number, area and mean area of segmented mines by region and year.
--
-- Grain:   one row per region that has a mine in any year, year in which anything of it was segmented, threshold.
-- Reads:   core.region_segmented.
-- Layers:  study_region.
-- Caveat:  regions are the study's: the Americas, Africa, Asia and Oceania, by where the ground
--          lies; others are continents.
--          A year without anything segmented there has no row.
--          Ground outside all countries is in core.footprint_outside.
-- Method:  docs/methods.md#segmentation (Sepin et al. 2025, Figure 3)
CREATE OR REPLACE VIEW segmented_region_yearly AS
SELECT
    region_id AS region,
    year,
    threshold,
    is_main_threshold,
    n_polygons,
    area_km2,
    reported_km2,
    area_km2 / nullif(n_polygons, 0) AS mean_area_km2
FROM core.region_segmented
WHERE
    layer = 'study_region'
    AND region_id IN (
        SELECT ever.region_id
        FROM core.region_segmented AS ever
        WHERE ever.layer = 'study_region' AND ever.area_km2 > 0
    )
ORDER BY region, year, threshold;

COMMENT ON VIEW segmented_region_yearly IS
'Number, area and mean area of segmented mines by region and year.';
COMMENT ON COLUMN segmented_region_yearly.region IS 'Americas, Africa, Asia and Oceania, or another continent.';
COMMENT ON COLUMN segmented_region_yearly.year IS 'Year in which anything of the region was segmented.';
COMMENT ON COLUMN segmented_region_yearly.threshold IS
'Probability from which a pixel is mine, 0-1; NULL where the project segments nothing itself.';
COMMENT ON COLUMN segmented_region_yearly.is_main_threshold IS 'Whether that is the project''s main threshold.';
COMMENT ON COLUMN segmented_region_yearly.n_polygons IS 'Number of polygons that lie mostly in its countries.';
COMMENT ON COLUMN segmented_region_yearly.area_km2 IS 'Area, km2, on the WGS84 ellipsoid.';
COMMENT ON COLUMN segmented_region_yearly.mean_area_km2 IS 'Mean area of a polygon, km2; NULL without any.';
COMMENT ON COLUMN segmented_region_yearly.reported_km2 IS
'Area of mines as publishers report it, shared out as outlines are, km2; NULL where an outline has none.';
