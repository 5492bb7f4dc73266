-- footprint_agreement: the segmented footprint against mine-related land cover, inside each mine.
--
-- Grain:   one row per mine_id and year that has a land-cover map and in which the mine was segmented.
-- Reads:   core.mine, core.footprint_mine, raw.segmented_site, raw.footprint_trajectory, raw.landcover_class,
--          raw.landcover_coverage, raw.landcover_epoch, core.landcover_area,
--          core.bare_surface_gap.
-- Caveat:  only ground inside the final mine is compared: land cover is known nowhere else. Pixels are as large as
--          the land cover's, counted by the share that the footprint covers. iou is NULL where neither has any area.
--          Empty where the land cover has no mine-related class.
-- Method:  docs/methods.md#segmentation
CREATE OR REPLACE VIEW footprint_agreement AS
WITH seen AS (
    SELECT DISTINCT
        mine.mine_id,
        segmented_site.year
    FROM core.mine
    INNER JOIN raw.landcover_coverage ON mine.mine_id = landcover_coverage.mine_id
    INNER JOIN raw.segmented_site
        ON mine.mine_id = coalesce(segmented_site.site_id, mine.mine_id)
    INNER JOIN raw.landcover_epoch ON segmented_site.year = landcover_epoch.year
    CROSS JOIN core.bare_surface_gap AS gap
    WHERE segmented_site.status = 'done' AND gap.reason IS NULL
),

related AS (
    SELECT
        landcover_area.mine_id,
        landcover_area.year,
        core.order_free_sum(landcover_area.area_km2) AS area_km2
    FROM core.landcover_area
    INNER JOIN raw.landcover_class ON landcover_area.code = landcover_class.code
    WHERE landcover_class.category = 'mine-related'
    GROUP BY landcover_area.mine_id, landcover_area.year
),

both_ways AS (
    SELECT
        trajectory.mine_id,
        trajectory.footprint_year AS year,
        core.order_free_sum(trajectory.area_km2) AS area_km2
    FROM raw.footprint_trajectory AS trajectory
    INNER JOIN raw.landcover_epoch ON trajectory.footprint_year = landcover_epoch.year
    INNER JOIN raw.landcover_class
        ON trajectory.classes[landcover_epoch.position] = landcover_class.code
    WHERE landcover_class.category = 'mine-related'
    GROUP BY trajectory.mine_id, trajectory.footprint_year
),

compared AS (
    SELECT
        seen.mine_id,
        seen.year,
        coalesce(footprint_mine.area_km2, 0) AS segmented_km2,
        coalesce(related.area_km2, 0) AS mine_related_km2,
        coalesce(both_ways.area_km2, 0) AS both_km2
    FROM seen
    LEFT JOIN core.footprint_mine
        ON seen.mine_id = footprint_mine.mine_id AND seen.year = footprint_mine.year
    LEFT JOIN related ON seen.mine_id = related.mine_id AND seen.year = related.year
    LEFT JOIN both_ways ON seen.mine_id = both_ways.mine_id AND seen.year = both_ways.year
)

SELECT
    mine_id,
    year,
    segmented_km2,
    mine_related_km2,
    both_km2,
    both_km2 / nullif(segmented_km2 + mine_related_km2 - both_km2, 0) AS iou
FROM compared;

COMMENT ON VIEW footprint_agreement IS
'The segmented footprint against mine-related land cover, inside each mine.';
COMMENT ON COLUMN footprint_agreement.mine_id IS 'Id of the mine.';
COMMENT ON COLUMN footprint_agreement.year IS 'Year.';
COMMENT ON COLUMN footprint_agreement.segmented_km2 IS 'Area of the footprint inside the mine, km2.';
COMMENT ON COLUMN footprint_agreement.mine_related_km2 IS 'Area of mine-related land cover in the mine, km2.';
COMMENT ON COLUMN footprint_agreement.both_km2 IS 'Area that is both, km2.';
COMMENT ON COLUMN footprint_agreement.iou IS 'Intersection over union of the two, 0-1.';
