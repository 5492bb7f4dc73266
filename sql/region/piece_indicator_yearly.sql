-- core.piece_indicator_yearly: value of each raster indicator in each piece of a mine by year.
--
-- Grain:   one row per piece_id, indicator, year with data.
-- Reads:   raw.piece_indicator, core.indicator_yearly, core.mine_piece.
-- Stored:  yes, it goes over every date of every piece.
-- Caveat:  as for whole mines in core.indicator_yearly: files of a date united, dates averaged to their month, months
--          to the year.
-- Method:  docs/methods.md#indicators (Xu et al. 2025, section 2.3)
CREATE OR REPLACE VIEW core.piece_indicator_yearly AS
WITH dated AS (
    SELECT
        piece_id,
        indicator,
        year,
        month,
        day,
        core.reproducible_sum(value * weight_km2) / core.reproducible_sum(weight_km2) AS value,
        core.reproducible_sum(valid_km2) AS valid_km2
    FROM raw.piece_indicator
    WHERE value IS NOT NULL
    GROUP BY piece_id, indicator, year, month, day
),

month_mean AS (
    SELECT
        piece_id,
        indicator,
        year,
        core.reproducible_sum(value) / count(*) AS value,
        core.reproducible_sum(valid_km2) / count(*) AS valid_km2
    FROM dated
    GROUP BY piece_id, indicator, year, month
)

SELECT
    month_mean.piece_id,
    month_mean.indicator,
    month_mean.year::INTEGER AS year,
    core.reproducible_sum(month_mean.value) / count(*) AS value,
    least(core.reproducible_sum(month_mean.valid_km2) / count(*) / any_value(mine_piece.area_km2), 1) AS coverage_share
FROM month_mean
INNER JOIN core.mine_piece ON month_mean.piece_id = mine_piece.piece_id
GROUP BY month_mean.piece_id, month_mean.indicator, month_mean.year

UNION ALL

SELECT
    yearly.mine_id AS piece_id,
    yearly.indicator,
    yearly.year::INTEGER AS year,
    yearly.value,
    yearly.coverage_share
FROM core.indicator_yearly AS yearly
INNER JOIN core.mine_piece ON yearly.mine_id = mine_piece.piece_id
ORDER BY piece_id, indicator, year;

COMMENT ON VIEW core.piece_indicator_yearly IS
'Value of each raster indicator in each piece of a mine by year.';
COMMENT ON COLUMN core.piece_indicator_yearly.piece_id IS 'Id of the piece.';
COMMENT ON COLUMN core.piece_indicator_yearly.indicator IS 'Name of the series in the project file.';
COMMENT ON COLUMN core.piece_indicator_yearly.year IS 'Calendar year.';
COMMENT ON COLUMN core.piece_indicator_yearly.value IS 'Mean over piece and year, in the unit of the series.';
COMMENT ON COLUMN core.piece_indicator_yearly.coverage_share IS 'Share of the piece with data, 0-1.';
