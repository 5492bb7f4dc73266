-- core.computed_landcover: this build's land-cover figures, named as the studies name theirs.
--
-- Grain:   one row per scope, name, period, metric.
-- Reads:   raw.published_figure, raw.published_name, raw.landcover_epoch, raw.landcover_coverage, core.mine,
--          disturbance_yearly, disturbance_total, reclamation_rate.
-- Caveat:  the study prints the reclamation rate for 2023 from a record that ends in 2022: a build that ends the
--          year before stands in; core.definition_note says which year it is. Shares of the footprint are of the mines
--          with land cover.
-- Method:  docs/methods.md#published-figures
CREATE OR REPLACE VIEW core.computed_landcover AS
WITH period AS (
    SELECT DISTINCT
        period,
        split_part(period, '-', 1)::INTEGER AS first_year,
        split_part(period, '-', -1)::INTEGER AS last_year
    FROM raw.published_figure
    WHERE study = 'xu2025' AND regexp_full_match(period, '[0-9]{4}(-[0-9]{4})?')
),

world AS (
    SELECT
        period.period,
        avg(disturbance_yearly.developed_km2) AS disturbed_area_per_year,
        avg(disturbance_yearly.reclaimed_km2) AS reclaimed_area_per_year,
        core.reproducible_sum(disturbance_yearly.developed_km2) AS disturbed_area,
        core.reproducible_sum(disturbance_yearly.reclaimed_km2) AS reclaimed_area,
        100 * core.reproducible_sum(disturbance_yearly.developed_km2)
        / (
            SELECT core.reproducible_sum(mine.area_km2)
            FROM core.mine
            INNER JOIN raw.landcover_coverage AS coverage ON mine.mine_id = coverage.mine_id
            WHERE coverage.data_km2 > 0
        ) AS disturbed_share_of_footprint
    FROM period
    INNER JOIN main.disturbance_yearly
        ON disturbance_yearly.year BETWEEN period.first_year AND period.last_year
    GROUP BY period.period, period.first_year, period.last_year
    HAVING min(disturbance_yearly.year) <= period.first_year + 1 AND max(disturbance_yearly.year) = period.last_year
),

cover AS (
    SELECT
        disturbance_total.cover_type AS name,
        (SELECT min(epoch.year) || '-' || max(epoch.year) FROM raw.landcover_epoch AS epoch) AS period,
        disturbance_total.developed_km2 AS disturbed_area,
        100 * disturbance_total.developed_share AS disturbed_share,
        disturbance_total.reclaimed_km2 AS reclaimed_area,
        100 * disturbance_total.reclaimed_share AS reclaimed_share,
        100 * disturbance_total.unreclaimed_share AS unreclaimed_share
    FROM main.disturbance_total
),

rate AS (
    SELECT
        reclamation_rate.scope,
        coalesce(published_name.name, reclamation_rate.name) AS name,
        period.period,
        100 * reclamation_rate.reclamation_share AS computed
    FROM main.reclamation_rate
    INNER JOIN period ON period.last_year - reclamation_rate.year BETWEEN 0 AND 1
    LEFT JOIN raw.published_name
        ON reclamation_rate.iso3 = published_name.key AND published_name.scope = 'country'
    QUALIFY
        row_number() OVER (
            PARTITION BY reclamation_rate.scope, reclamation_rate.name, published_name.name, period.period
            ORDER BY reclamation_rate.year DESC
        ) = 1
)

SELECT
    'world' AS scope,
    'World' AS name,
    period,
    metric,
    computed
FROM world
UNPIVOT (
    computed FOR metric IN (
        disturbed_area_per_year, reclaimed_area_per_year, disturbed_area, reclaimed_area, disturbed_share_of_footprint
    )
)
UNION ALL
SELECT
    'land cover' AS scope,
    name,
    period,
    metric,
    computed
FROM cover
UNPIVOT (
    computed FOR metric IN (disturbed_area, disturbed_share, reclaimed_area, reclaimed_share, unreclaimed_share)
)
UNION ALL
SELECT
    scope,
    name,
    period,
    'reclamation_rate' AS metric,
    computed
FROM rate;

COMMENT ON VIEW core.computed_landcover IS
'This build''s land-cover figures, named as the studies name theirs.';
COMMENT ON COLUMN core.computed_landcover.scope IS 'What kind of thing the figure is about.';
COMMENT ON COLUMN core.computed_landcover.name IS 'Which one.';
COMMENT ON COLUMN core.computed_landcover.period IS 'Year or years as printed.';
COMMENT ON COLUMN core.computed_landcover.metric IS 'What was measured.';
COMMENT ON COLUMN core.computed_landcover.computed IS 'The figure, in the unit of the study.';
