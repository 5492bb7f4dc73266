-- footprint_dataset_yearly: footprints of each data set side by side, by country and year.
--
-- Grain:   one row per scope, name, year, threshold, dataset that has a footprint.
-- Reads:   core.footprint_dataset_ground, core.footprint_merged, core.footprint_placed, core.footprint_threshold.
-- Caveat:  a footprint counts for the country with most of what all data sets have of it. Discontinuous ones are left
--          out, by the judgement over all data sets. Holes are not filled. A data set without a row in a year may not
--          have looked.
-- Method:  docs/methods.md#sources
CREATE OR REPLACE VIEW footprint_dataset_yearly AS
WITH component AS (
    SELECT
        merged.component_key,
        any_value(merged.year) AS year,
        any_value(merged.threshold) AS threshold,
        arg_max(placed.iso3, (placed.area_km2, placed.footprint_id)) AS iso3,
        arg_max(placed.country, (placed.area_km2, placed.footprint_id)) AS country
    FROM core.footprint_merged AS merged
    LEFT JOIN core.footprint_placed AS placed ON merged.footprint_id = placed.footprint_id
    WHERE merged.is_continuous IS DISTINCT FROM FALSE
    GROUP BY merged.component_key
),

scoped AS (
    SELECT
        unnest(['world', 'country']) AS scope,
        unnest(['World', component.country]) AS name,
        unnest([NULL, component.iso3]) AS iso3,
        component.year,
        component.threshold,
        ground.dataset,
        ground.n_polygons,
        ground.area_km2,
        ground.shared_km2
    FROM core.footprint_dataset_ground AS ground
    INNER JOIN component ON ground.component_key = component.component_key
)

SELECT
    scoped.scope,
    scoped.name,
    scoped.iso3,
    scoped.year,
    scoped.threshold,
    series.is_main AS is_main_threshold,
    scoped.dataset,
    sum(scoped.n_polygons)::BIGINT AS n_polygons,
    core.reproducible_sum(scoped.area_km2) AS area_km2,
    core.reproducible_sum(scoped.shared_km2) AS shared_km2
FROM scoped
INNER JOIN core.footprint_threshold AS series ON scoped.threshold IS NOT DISTINCT FROM series.threshold
WHERE scoped.name IS NOT NULL
GROUP BY
    scoped.scope, scoped.name, scoped.iso3, scoped.year, scoped.threshold, series.is_main, scoped.dataset
ORDER BY
    scoped.scope DESC, scoped.name ASC, scoped.iso3 ASC, scoped.year ASC, scoped.threshold ASC, scoped.dataset ASC;

COMMENT ON VIEW footprint_dataset_yearly IS
'Footprints of each data set side by side, by country and year.';
COMMENT ON COLUMN footprint_dataset_yearly.scope IS 'world or country.';
COMMENT ON COLUMN footprint_dataset_yearly.name IS 'World, or the name of the country.';
COMMENT ON COLUMN footprint_dataset_yearly.iso3 IS 'Three-letter country code; NULL for the world.';
COMMENT ON COLUMN footprint_dataset_yearly.year IS 'Year.';
COMMENT ON COLUMN footprint_dataset_yearly.threshold IS
'Probability from which a pixel is mine, 0-1; NULL where the project segments nothing itself.';
COMMENT ON COLUMN footprint_dataset_yearly.is_main_threshold IS
'Whether that is the one that tables of one threshold take.';
COMMENT ON COLUMN footprint_dataset_yearly.dataset IS
'segmentation for this project''s model, else the name of the footprint source.';
COMMENT ON COLUMN footprint_dataset_yearly.n_polygons IS 'Number of its polygons.';
COMMENT ON COLUMN footprint_dataset_yearly.area_km2 IS 'Area of its ground, km2, on the WGS84 ellipsoid.';
COMMENT ON COLUMN footprint_dataset_yearly.shared_km2 IS 'Of which another data set has, too, km2.';
