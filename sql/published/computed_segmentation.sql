-- core.computed_segmentation: this build's segmented mines and images, named as the study names its figures.
--
-- Grain:   one row per scope, name, period, metric.
-- Reads:   segmented_country_yearly, segmented_region_yearly, image_visibility, raw.published_name.
-- Caveat:  the study joins Asia and Oceania, and the Americas; its growth is that from 2017 to 2023, the years it
--          prints. Scores of its models and its reference points are printed only.
-- Method:  docs/methods.md#published-figures (Sepin et al. 2025, Tables S1 and S2)
CREATE OR REPLACE VIEW core.computed_segmentation AS
WITH country AS (
    SELECT
        published_name.name,
        segmented_country_yearly.year::VARCHAR AS period,
        segmented_country_yearly.area_km2 AS area
    FROM main.segmented_country_yearly
    INNER JOIN raw.published_name
        ON segmented_country_yearly.iso3 = published_name.key AND published_name.scope = 'country'
    WHERE segmented_country_yearly.is_main_threshold
),

region_year AS (
    SELECT
        'region' AS scope,
        CASE
            WHEN region IN ('Asia', 'Oceania') THEN 'Asia and Oceania'
            WHEN region IN ('North America', 'South America') THEN 'Americas'
            ELSE region
        END AS name,
        year,
        sum(n_polygons)::DOUBLE AS polygons,
        core.reproducible_sum(area_km2) AS area
    FROM main.segmented_region_yearly
    WHERE is_main_threshold
    GROUP BY ALL
),

place_year AS (
    SELECT * FROM region_year
    UNION ALL
    SELECT
        'tropics' AS scope,
        'Tropics' AS name,
        year,
        sum(polygons) AS polygons,
        core.reproducible_sum(area) AS area
    FROM region_year
    GROUP BY year
),

place AS (
    SELECT
        scope,
        name,
        year::VARCHAR AS period,
        polygons,
        area
    FROM place_year
),

record AS (
    SELECT
        scope,
        name,
        concat(min(year), '-', max(year)) AS period,
        sum(polygons) AS polygons,
        core.reproducible_sum(area) / count(area) AS mean_annual_area
    FROM place_year
    GROUP BY scope, name
),

growth AS (
    SELECT
        later.scope,
        later.name,
        concat(earlier.year, '-', later.year) AS period,
        later.area - earlier.area AS area_increase,
        100 * (later.area / nullif(earlier.area, 0) - 1) AS area_growth,
        100 * (later.polygons / nullif(earlier.polygons, 0) - 1) AS polygons_growth
    FROM place_year AS earlier
    INNER JOIN place_year AS later ON earlier.scope = later.scope AND earlier.name = later.name
    WHERE earlier.year = 2017 AND later.year = 2023
),

visibility AS (
    SELECT
        year::VARCHAR AS period,
        100 * mean AS visibility_mean,
        100 * sd AS visibility_sd,
        100 * p01 AS visibility_p01,
        100 * p05 AS visibility_p05,
        100 * p10 AS visibility_p10,
        100 * p50 AS visibility_p50,
        100 * p90 AS visibility_p90
    FROM main.image_visibility
)

SELECT
    'country' AS scope,
    name,
    period,
    'area' AS metric,
    area AS computed
FROM country

UNION ALL

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
UNPIVOT (computed FOR metric IN (area_increase, area_growth, polygons_growth))

UNION ALL

SELECT
    'image visibility' AS scope,
    'Tropics' AS name,
    period,
    metric,
    computed
FROM visibility
UNPIVOT (
    computed FOR metric IN (
        visibility_mean, visibility_sd, visibility_p01, visibility_p05, visibility_p10, visibility_p50, visibility_p90
    )
);

COMMENT ON VIEW core.computed_segmentation IS
'This build''s segmented mines and images, named as the study names its figures.';
COMMENT ON COLUMN core.computed_segmentation.scope IS 'country, region, tropics or image visibility.';
COMMENT ON COLUMN core.computed_segmentation.name IS 'Which one.';
COMMENT ON COLUMN core.computed_segmentation.period IS 'Year, or first and last year.';
COMMENT ON COLUMN core.computed_segmentation.metric IS 'What was measured.';
COMMENT ON COLUMN core.computed_segmentation.computed IS 'The figure: number, km2 or percent.';
