-- core.computed_place: this build's numbers of mines and areas, named as the studies name theirs.
--
-- Grain:   one row per scope, name, metric.
-- Reads:   dataset_summary, continent_summary, country_summary, protected_continent_summary, protected_country_summary,
--          grid_density, mine, core.place_source, raw.published_name.
-- Method:  docs/methods.md#published-figures
CREATE OR REPLACE VIEW core.computed_place AS
WITH dataset AS (
    SELECT
        published_name.name,
        dataset_summary.n_polygons::DOUBLE AS polygons,
        dataset_summary.area_km2 AS area,
        dataset_summary.mean_area_km2 AS mean_area
    FROM main.dataset_summary
    INNER JOIN raw.published_name
        ON dataset_summary.dataset = published_name.key AND published_name.scope = 'dataset'
),

continent AS (
    SELECT
        continent_summary.continent AS name,
        continent_summary.n_mines::DOUBLE AS polygons,
        100 * continent_summary.n_share AS polygons_share,
        continent_summary.area_km2 AS area,
        100 * continent_summary.area_share AS area_share,
        continent_summary.mean_area_km2 AS mean_area,
        CASE WHEN has_protected THEN coalesce(protected_continent_summary.n_mines, 0)::DOUBLE END AS kba_polygons,
        CASE WHEN has_protected THEN coalesce(protected_continent_summary.area_km2, 0) END AS kba_area
    FROM main.continent_summary
    CROSS JOIN core.place_source
    LEFT JOIN main.protected_continent_summary ON continent_summary.continent = protected_continent_summary.continent
),

country AS (
    SELECT
        published_name.name,
        country_summary.n_mines::DOUBLE AS polygons,
        country_summary.area_km2 AS area,
        country_summary.mean_area_km2 AS mean_area,
        CASE WHEN has_protected THEN coalesce(protected_country_summary.n_mines, 0)::DOUBLE END AS kba_polygons,
        CASE WHEN has_protected THEN coalesce(protected_country_summary.area_km2, 0) END AS kba_area,
        protected_country_summary.mean_area_km2 AS kba_mean_area
    FROM main.country_summary
    CROSS JOIN core.place_source
    INNER JOIN raw.published_name
        ON country_summary.iso3 = published_name.key AND published_name.scope = 'country'
    LEFT JOIN main.protected_country_summary ON country_summary.iso3 = protected_country_summary.iso3
),

top AS (
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
),

world AS (
    SELECT *
    FROM total, top, density, kba_country
)

SELECT
    'dataset' AS scope,
    name,
    metric,
    computed
FROM dataset
UNPIVOT (computed FOR metric IN (polygons, area, mean_area))

UNION ALL

SELECT
    'continent' AS scope,
    name,
    metric,
    computed
FROM continent
UNPIVOT (computed FOR metric IN (polygons, polygons_share, area, area_share, mean_area, kba_polygons, kba_area))

UNION ALL

SELECT
    'country' AS scope,
    name,
    metric,
    computed
FROM country
UNPIVOT (computed FOR metric IN (polygons, area, mean_area, kba_polygons, kba_area, kba_mean_area))

UNION ALL

SELECT
    'global' AS scope,
    'World' AS name,
    metric,
    computed
FROM world
UNPIVOT (computed FOR metric IN (COLUMNS(*)));

COMMENT ON VIEW core.computed_place IS
'This build''s numbers of mines and areas, named as the studies name theirs.';
COMMENT ON COLUMN core.computed_place.scope IS 'What kind of thing the figure is about.';
COMMENT ON COLUMN core.computed_place.name IS 'Which one.';
COMMENT ON COLUMN core.computed_place.metric IS 'What was measured.';
COMMENT ON COLUMN core.computed_place.computed IS 'The figure, in the unit of the study.';
