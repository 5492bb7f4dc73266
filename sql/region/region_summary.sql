-- region_summary: number and area of mines in every region of every layer.
--
-- Grain:   one row per layer, region_id; 0 where there is no mine.
-- Reads:   core.region_shape, core.mine_place, core.mine_region, core.mine_country.
-- Caveat:  n_mines counts mines that share area with the region; n_main_mines those with most of their area there (or,
--          offshore, whose nearest country it is), which add up over regions that do not overlap.
-- Method:  docs/methods.md#regions
CREATE OR REPLACE VIEW region_summary AS
WITH measured AS (
    SELECT
        layer,
        region_id,
        count(*) AS n_mines,
        core.reproducible_sum(area_km2) AS mine_area_km2
    FROM core.mine_place
    GROUP BY layer, region_id
),

main_region AS (
    SELECT
        layer,
        region_id
    FROM core.mine_region
    WHERE is_main

    UNION ALL

    SELECT
        unnest(['country', 'continent', 'study_region']) AS layer,
        unnest([iso3, continent, study_region]) AS region_id
    FROM core.mine_country
    WHERE is_offshore
),

counted AS (
    SELECT
        layer,
        region_id,
        count(*) AS n_main_mines
    FROM main_region
    GROUP BY layer, region_id
)

SELECT
    region.layer,
    region.region_id,
    region.region_name,
    region.parent_id,
    coalesce(measured.n_mines, 0) AS n_mines,
    coalesce(counted.n_main_mines, 0) AS n_main_mines,
    coalesce(measured.mine_area_km2, 0) AS mine_area_km2,
    coalesce(measured.mine_area_km2, 0) / nullif(region.area_km2, 0) AS mine_share_of_region,
    region.area_km2 AS region_area_km2
FROM core.region_shape AS region
LEFT JOIN measured ON region.layer = measured.layer AND region.region_id = measured.region_id
LEFT JOIN counted ON region.layer = counted.layer AND region.region_id = counted.region_id
ORDER BY region.layer, region.region_id;

COMMENT ON VIEW region_summary IS 'Number and area of mines in every region of every layer.';
COMMENT ON COLUMN region_summary.layer IS 'Region layer.';
COMMENT ON COLUMN region_summary.region_id IS 'Id of the region in its layer.';
COMMENT ON COLUMN region_summary.region_name IS 'Name of the region; its id where it has none.';
COMMENT ON COLUMN region_summary.parent_id IS 'Id of the larger region that holds it; NULL where none is known.';
COMMENT ON COLUMN region_summary.n_mines IS 'Number of mines that share area with the region.';
COMMENT ON COLUMN region_summary.n_main_mines IS 'Number of mines that have most of their area there.';
COMMENT ON COLUMN region_summary.mine_area_km2 IS 'Mine area there, km2, on the WGS84 ellipsoid.';
COMMENT ON COLUMN region_summary.mine_share_of_region IS 'Mine area divided by the region''s area, 0-1.';
COMMENT ON COLUMN region_summary.region_area_km2 IS 'Area of the region, km2, on the WGS84 ellipsoid.';
