-- site_history: mine area at each site by year, and its change from the year before.
--
-- Grain:   one row per site_id, year in which the site was seen, threshold.
-- Reads:   core.site_seen, core.site_area, core.footprint_threshold.
-- Caveat:  neighbouring sites may see the same mine: areas of sites do not add up. A site and year without a mine
--          is zero; one that was not segmented or not seen has no row, and the change after it is NULL. Footprints
--          that were made elsewhere belong to no site: footprint_dataset_yearly has them.
-- Method:  docs/methods.md#segmentation (Sepin et al. 2025, Figure 2)
CREATE OR REPLACE VIEW site_history AS
WITH site_year AS (
    SELECT
        site_seen.site_id,
        site_seen.year,
        series.threshold,
        series.is_main AS is_main_threshold,
        coalesce(found.area_km2, 0) AS area_km2,
        site_seen.seen_share
    FROM core.site_seen
    CROSS JOIN core.footprint_threshold AS series
    LEFT JOIN core.site_area AS found
        ON
            site_seen.site_id = found.site_id
            AND site_seen.year = found.year
            AND series.threshold IS NOT DISTINCT FROM found.threshold
    WHERE site_seen.status = 'done' AND site_seen.site_id IS NOT NULL
)

SELECT
    this_year.site_id,
    this_year.year,
    this_year.threshold,
    this_year.is_main_threshold,
    this_year.area_km2,
    this_year.area_km2 - year_before.area_km2 AS change_km2,
    this_year.seen_share
FROM site_year AS this_year
LEFT JOIN site_year AS year_before
    ON
        this_year.site_id = year_before.site_id
        AND this_year.year - 1 = year_before.year
        AND this_year.threshold IS NOT DISTINCT FROM year_before.threshold;

COMMENT ON VIEW site_history IS 'Mine area at each site by year, and its change from the year before.';
COMMENT ON COLUMN site_history.site_id IS 'Id of the site.';
COMMENT ON COLUMN site_history.year IS 'Year.';
COMMENT ON COLUMN site_history.threshold IS
'Probability from which a pixel is mine, 0-1; NULL where the project segments nothing itself.';
COMMENT ON COLUMN site_history.is_main_threshold IS 'Whether that is the project''s main threshold.';
COMMENT ON COLUMN site_history.area_km2 IS 'Mine area in the site''s square, km2, confirmed by a neighbouring year.';
COMMENT ON COLUMN site_history.change_km2 IS 'Change from the year before, km2; NULL where that was not segmented.';
COMMENT ON COLUMN site_history.seen_share IS 'Share of the site''s square whose pixels had data, 0-1.';
