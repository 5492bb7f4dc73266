-- core.computed_world: this build's numbers of mines and areas of the world, named as the study names its figures.
--
-- Grain:   one row per metric.
-- Reads:   country_summary, grid_density, mine, core.place_source, protected_country_summary.
-- Method:  docs/methods.md#published-figures
CREATE OR REPLACE VIEW core.computed_world AS
WITH top AS (
    SELECT
        nullif(count(*) FILTER (WHERE n_mines > 0), 0)::DOUBLE AS countries,
        core.reproducible_sum(CASE WHEN area_rank <= 10 THEN area_km2 END) AS top10_area,
        100 * core.reproducible_sum(CASE WHEN area_rank <= 10 THEN area_share END) AS top10_area_share,
        core.reproducible_sum(CASE WHEN area_rank <= 30 THEN area_km2 END) AS top30_area,
        100 * core.reproducible_sum(CASE WHEN area_rank <= 30 THEN area_share END) AS top30_area_share
    FROM main.country_summary
),

density AS (
    SELECT
        100 * max(density_share) AS grid_density_max,
        100 * core.reproducible_sum(density_share) / count(density_share) AS grid_density_mean,
        100 * max(protected_density_share) AS kba_grid_density_max,
        100 * core.reproducible_sum(nullif(protected_density_share, 0))
        / count(nullif(protected_density_share, 0)) AS kba_grid_density_mean
    FROM main.grid_density
),

total AS (
    SELECT
        count(*)::DOUBLE AS polygons,
        core.reproducible_sum(area_km2) AS area,
        core.reproducible_sum(area_km2) / count(area_km2) AS mean_area,
        CASE
            WHEN count(protected_area_km2) > 0 THEN count(*) FILTER (WHERE protected_area_km2 > 0)
        END::DOUBLE AS kba_polygons,
        core.reproducible_sum(protected_area_km2) AS kba_area,
        100 * core.reproducible_sum(protected_area_km2) / core.reproducible_sum(area_km2) AS kba_area_share
    FROM main.mine
),

kba_country AS (
    SELECT
        CASE
            WHEN any_value(has_countries AND has_protected)
                THEN (SELECT count(*) FROM main.protected_country_summary)::DOUBLE
        END AS kba_countries
    FROM core.place_source
)

SELECT
    metric,
    computed
FROM (SELECT * FROM total, top, density, kba_country) AS world
UNPIVOT (computed FOR metric IN (COLUMNS(*)));

COMMENT ON VIEW core.computed_world IS
'This build''s numbers of mines and areas of the world, named as the study names its figures.';
COMMENT ON COLUMN core.computed_world.metric IS 'What was measured.';
COMMENT ON COLUMN core.computed_world.computed IS 'The figure, in the unit of the study.';
