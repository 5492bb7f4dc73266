-- core.computed_place: this build's numbers of mines and areas, named as the studies name theirs.
--
-- Grain:   one row per scope, name, metric.
-- Reads:   dataset_summary, continent_summary, country_summary, protected_continent_summary, protected_country_summary,
--          core.place_source, raw.published_name, core.printed_country, core.computed_world.
-- Caveat:  "Other countries" are those that the study's table does not print by name, however many there are.
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

other AS (
    SELECT
        'Other countries (N=140)' AS name,
        sum(country_summary.n_mines)::DOUBLE AS polygons,
        core.reproducible_sum(country_summary.area_km2) AS area,
        core.reproducible_sum(country_summary.area_km2) / nullif(sum(country_summary.n_mines), 0) AS mean_area,
        nullif(count(*) FILTER (WHERE country_summary.n_mines > 0), 0)::DOUBLE AS countries,
        NULL::DOUBLE AS kba_polygons,
        NULL::DOUBLE AS kba_area,
        NULL::DOUBLE AS kba_mean_area,
        NULL::DOUBLE AS kba_countries
    FROM main.country_summary
    WHERE
        country_summary.iso3 NOT IN (
            SELECT printed.iso3
            FROM core.printed_country AS printed
            WHERE printed.section = 'Table A1'
        )

    UNION ALL

    SELECT
        'Other countries (N=90)' AS name,
        NULL AS polygons,
        NULL AS area,
        NULL AS mean_area,
        NULL AS countries,
        sum(summary.n_mines)::DOUBLE AS kba_polygons,
        core.reproducible_sum(summary.area_km2) AS kba_area,
        core.reproducible_sum(summary.area_km2) / nullif(sum(summary.n_mines), 0) AS kba_mean_area,
        nullif(count(*), 0)::DOUBLE AS kba_countries
    FROM main.protected_country_summary AS summary
    WHERE summary.iso3 NOT IN (
        SELECT printed.iso3
        FROM core.printed_country AS printed
        WHERE printed.section = 'Table A2'
    )
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
    'country' AS scope,
    name,
    metric,
    computed
FROM other
UNPIVOT (
    computed FOR metric IN (
        polygons, area, mean_area, countries, kba_polygons, kba_area, kba_mean_area, kba_countries
    )
)

UNION ALL

SELECT
    'world' AS scope,
    'World' AS name,
    metric,
    computed
FROM core.computed_world;

COMMENT ON VIEW core.computed_place IS
'This build''s numbers of mines and areas, named as the studies name theirs.';
COMMENT ON COLUMN core.computed_place.scope IS 'What kind of thing the figure is about.';
COMMENT ON COLUMN core.computed_place.name IS 'Which one.';
COMMENT ON COLUMN core.computed_place.metric IS 'What was measured.';
COMMENT ON COLUMN core.computed_place.computed IS 'The figure, in the unit of the study.';
