-- core.computed_status: this build's status of mines, named as the study names its figures.
--
-- Grain:   one row per scope, name, period, metric.
-- Reads:   status_summary, core.country, raw.published_name, parameter.
-- Method:  docs/methods.md#published-figures
CREATE OR REPLACE VIEW core.computed_status AS
WITH placed AS (
    SELECT
        status_summary.scope,
        coalesce(published_name.name, status_summary.name) AS name,
        status_summary.status,
        status_summary.n_mines::DOUBLE AS polygons,
        100 * status_summary.n_share AS polygons_share,
        status_summary.area_km2 AS area,
        100 * status_summary.area_share AS area_share
    FROM main.status_summary
    LEFT JOIN core.country
        ON status_summary.scope = 'country' AND status_summary.name = country.country
    LEFT JOIN raw.published_name
        ON country.iso3 = published_name.key AND published_name.scope = 'country'
),

measured AS (
    SELECT *
    FROM placed
    UNPIVOT (computed FOR quantity IN (polygons, polygons_share, area, area_share))
)

SELECT
    measured.scope,
    measured.name,
    concat(parameter.trend_first_year, '-', parameter.trend_last_year) AS period,
    concat(measured.status, '_', measured.quantity) AS metric,
    measured.computed
FROM measured
CROSS JOIN main.parameter;

COMMENT ON VIEW core.computed_status IS
'This build''s status of mines, named as the study names its figures.';
COMMENT ON COLUMN core.computed_status.scope IS 'world, continent or country.';
COMMENT ON COLUMN core.computed_status.name IS 'Which one.';
COMMENT ON COLUMN core.computed_status.period IS 'First and last year of the trends.';
COMMENT ON COLUMN core.computed_status.metric IS 'Status and quantity, such as active_polygons.';
COMMENT ON COLUMN core.computed_status.computed IS 'The figure: number, km2 or percent.';
