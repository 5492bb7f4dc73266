-- core.computed_segmentation: this build's segmented mines, named as the study names its figures.
--
-- Grain:   one row per scope, name, period, metric.
-- Reads:   core.segmented_place_yearly.
-- Caveat:  growth is that from 2017 to 2023, the years that the study prints.
-- Method:  docs/methods.md#published-figures (Sepin et al. 2025, Table S1)
CREATE OR REPLACE VIEW core.computed_segmentation AS
WITH place AS (
    SELECT
        scope,
        name,
        year::VARCHAR AS period,
        CASE WHEN scope <> 'country' THEN n_polygons END AS polygons,
        area_km2 AS area
    FROM core.segmented_place_yearly
),

record AS (
    SELECT
        scope,
        name,
        concat(min(year), '-', max(year)) AS period,
        sum(n_polygons) AS polygons,
        core.reproducible_sum(area_km2) / count(area_km2) AS mean_annual_area
    FROM core.segmented_place_yearly
    WHERE scope <> 'country'
    GROUP BY scope, name
),

growth AS (
    SELECT
        later.scope,
        later.name,
        concat(earlier.year, '-', later.year) AS period,
        later.area_km2 - earlier.area_km2 AS area_increase,
        100 * (later.area_km2 / nullif(earlier.area_km2, 0) - 1) AS area_growth,
        100 * (later.n_polygons / nullif(earlier.n_polygons, 0) - 1) AS polygons_growth
    FROM core.segmented_place_yearly AS earlier
    INNER JOIN core.segmented_place_yearly AS later ON earlier.scope = later.scope AND earlier.name = later.name
    WHERE earlier.year = 2017 AND later.year = 2023
)

SELECT
    scope,
    name,
    period,
    metric,
    computed
FROM place
UNPIVOT (computed FOR metric IN (polygons, area))

UNION ALL

SELECT
    scope,
    name,
    period,
    metric,
    computed
FROM record
UNPIVOT (computed FOR metric IN (polygons, mean_annual_area))

UNION ALL

SELECT
    scope,
    name,
    period,
    metric,
    computed
FROM growth
UNPIVOT (computed FOR metric IN (area_increase, area_growth, polygons_growth));

COMMENT ON VIEW core.computed_segmentation IS
'This build''s segmented mines, named as the study names its figures.';
COMMENT ON COLUMN core.computed_segmentation.scope IS 'country, region or tropics.';
COMMENT ON COLUMN core.computed_segmentation.name IS 'Which one.';
COMMENT ON COLUMN core.computed_segmentation.period IS 'Year, or first and last year.';
COMMENT ON COLUMN core.computed_segmentation.metric IS 'What was measured.';
COMMENT ON COLUMN core.computed_segmentation.computed IS 'The figure: number, km2 or percent.';
