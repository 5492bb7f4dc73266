-- core.computed_place: this build's numbers of mines and areas, named as the studies name theirs.
--
-- Grain:   one row per scope, name, metric.
-- Reads:   dataset_summary, continent_summary, country_summary, kba_continent_summary, kba_country_summary,
--          grid_density, mine, core.mine, core.mine_kba, raw.published_name.
-- Method:  docs/methods.md#published-figures
CREATE OR REPLACE VIEW core.computed_place AS
WITH dataset AS (
    SELECT
        published_name.name,
        dataset_summary.n_polygons AS polygons,
        dataset_summary.area_km2 AS area,
        dataset_summary.mean_area_km2 AS mean_area
    FROM dataset_summary
    INNER JOIN raw.published_name
        ON dataset_summary.dataset = published_name.key AND published_name.scope = 'dataset'
),

continent AS (
    SELECT
        continent_summary.continent AS name,
        continent_summary.n_mines AS polygons,
        100 * continent_summary.n_share AS polygons_share,
        continent_summary.area_km2 AS area,
        100 * continent_summary.area_share AS area_share,
        continent_summary.mean_area_km2 AS mean_area,
        coalesce(kba_continent_summary.n_mines, 0) AS kba_polygons,
        coalesce(kba_continent_summary.area_km2, 0) AS kba_area
    FROM continent_summary
    LEFT JOIN kba_continent_summary ON continent_summary.continent = kba_continent_summary.continent
),

country AS (
    SELECT
        published_name.name,
        country_summary.n_mines AS polygons,
        country_summary.area_km2 AS area,
        country_summary.mean_area_km2 AS mean_area,
        coalesce(kba_country_summary.n_mines, 0) AS kba_polygons,
        coalesce(kba_country_summary.area_km2, 0) AS kba_area,
        kba_country_summary.mean_area_km2 AS kba_mean_area
    FROM country_summary
    INNER JOIN raw.published_name
        ON country_summary.iso3 = published_name.key AND published_name.scope = 'country'
    LEFT JOIN kba_country_summary ON country_summary.iso3 = kba_country_summary.iso3
),

world AS (
    SELECT
        (SELECT count(*) FROM core.mine)::DOUBLE AS polygons,
        (SELECT sum(mine.area_km2) FROM core.mine) AS area,
        (SELECT avg(mine.area_km2) FROM core.mine) AS mean_area,
        (SELECT count(*) FROM country_summary)::DOUBLE AS countries,
        (SELECT sum(c.area_km2) FROM country_summary AS c WHERE c.area_rank <= 10) AS top10_area,
        (SELECT 100 * sum(c.area_share) FROM country_summary AS c WHERE c.area_rank <= 10) AS top10_area_share,
        (SELECT sum(c.area_km2) FROM country_summary AS c WHERE c.area_rank <= 30) AS top30_area,
        (SELECT 100 * sum(c.area_share) FROM country_summary AS c WHERE c.area_rank <= 30) AS top30_area_share,
        (SELECT 100 * max(g.density_share) FROM grid_density AS g) AS grid_density_max,
        (SELECT 100 * avg(g.density_share) FROM grid_density AS g) AS grid_density_mean,
        (SELECT count(*) FROM core.mine_kba)::DOUBLE AS kba_polygons,
        (SELECT sum(k.area_km2) FROM core.mine_kba AS k) AS kba_area,
        (SELECT 100 * sum(mine.kba_area_km2) / sum(mine.area_km2) FROM main.mine) AS kba_area_share,
        (SELECT count(*) FROM kba_country_summary)::DOUBLE AS kba_countries,
        (SELECT 100 * max(g.kba_density_share) FROM grid_density AS g) AS kba_grid_density_max,
        (SELECT 100 * avg(g.kba_density_share) FROM grid_density AS g WHERE g.kba_density_share > 0)
            AS kba_grid_density_mean
)

SELECT 'dataset' AS scope, name, metric, computed
FROM (SELECT * REPLACE (polygons::DOUBLE AS polygons) FROM dataset)
UNPIVOT (computed FOR metric IN (polygons, area, mean_area))
UNION ALL
SELECT 'continent' AS scope, name, metric, computed
FROM (SELECT * REPLACE (polygons::DOUBLE AS polygons, kba_polygons::DOUBLE AS kba_polygons) FROM continent)
UNPIVOT (
    computed FOR metric IN (
        polygons, polygons_share, area, area_share, mean_area, kba_polygons, kba_area
    )
)
UNION ALL
SELECT 'country' AS scope, name, metric, computed
FROM (SELECT * REPLACE (polygons::DOUBLE AS polygons, kba_polygons::DOUBLE AS kba_polygons) FROM country)
UNPIVOT (computed FOR metric IN (polygons, area, mean_area, kba_polygons, kba_area, kba_mean_area))
UNION ALL
SELECT 'global' AS scope, 'World' AS name, metric, computed
FROM world
UNPIVOT (computed FOR metric IN (COLUMNS(*)));

COMMENT ON VIEW core.computed_place IS
'This build''s numbers of mines and areas, named as the studies name theirs.';
COMMENT ON COLUMN core.computed_place.scope IS 'What kind of thing the figure is about.';
COMMENT ON COLUMN core.computed_place.name IS 'Which one.';
COMMENT ON COLUMN core.computed_place.metric IS 'What was measured.';
COMMENT ON COLUMN core.computed_place.computed IS 'The figure, in the unit of the study.';
