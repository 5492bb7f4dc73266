-- site_history: mine area at each site by year, and its change from the year before.
--
-- Grain:   one row per site_id and year in which the site was segmented.
-- Reads:   raw.segmented_site, core.footprint_outline, core.footprint_component, core.footprint_united,
--          core.continuity.
-- Caveat:  neighbouring sites may see the same mine: areas of sites do not add up. A site and year without a mine
--          is zero; one that was not segmented has no row, and the change after it is NULL.
-- Method:  docs/methods.md#segmentation (Sepin et al. 2025, Figure 2)
CREATE OR REPLACE VIEW site_history AS
WITH confirmed AS (
    SELECT DISTINCT footprint_united.component_key
    FROM core.footprint_united
    INNER JOIN core.continuity ON footprint_united.footprint_id = continuity.footprint_id
    WHERE continuity.is_continuous IS DISTINCT FROM FALSE
),

found AS (
    SELECT
        outline.site_id,
        outline.year,
        core.reproducible_sum(outline.area_km2) AS area_km2
    FROM core.footprint_outline AS outline
    INNER JOIN core.footprint_component
        ON outline.footprint_key = footprint_component.footprint_key
    INNER JOIN confirmed ON footprint_component.component_key = confirmed.component_key
    GROUP BY outline.site_id, outline.year
),

site_year AS (
    SELECT
        segmented_site.site_id,
        segmented_site.year,
        coalesce(found.area_km2, 0) AS area_km2
    FROM raw.segmented_site
    LEFT JOIN found
        ON segmented_site.site_id = found.site_id AND segmented_site.year = found.year
    WHERE segmented_site.status = 'done' AND segmented_site.site_id IS NOT NULL
)

SELECT
    this_year.site_id,
    this_year.year,
    this_year.area_km2,
    this_year.area_km2 - year_before.area_km2 AS change_km2
FROM site_year AS this_year
LEFT JOIN site_year AS year_before
    ON this_year.site_id = year_before.site_id AND this_year.year - 1 = year_before.year;

COMMENT ON VIEW site_history IS 'Mine area at each site by year, and its change from the year before.';
COMMENT ON COLUMN site_history.site_id IS 'Id of the site.';
COMMENT ON COLUMN site_history.year IS 'Year.';
COMMENT ON COLUMN site_history.area_km2 IS 'Mine area in the site''s square, km2, confirmed by a neighbouring year.';
COMMENT ON COLUMN site_history.change_km2 IS 'Change from the year before, km2; NULL where that was not segmented.';
