-- mine_indicator_yearly: every indicator in every mine by year, bare surface share (bsp) among them.
--
-- Grain:   one row per mine_id, indicator, year with data.
-- Reads:   core.indicator_yearly, mine_bare_surface.
-- Caveat:  a mine without data is absent; raw.load_issue says why. Years between two epochs of the land
--          cover are interpolated, no observations: they are not here.
-- Method:  docs/methods.md#indicators (Xu et al. 2025, section 2.3)
CREATE OR REPLACE VIEW mine_indicator_yearly AS
SELECT
    mine_id,
    indicator,
    year::INTEGER AS year,
    value,
    coverage_share,
    n_dates
FROM core.indicator_yearly
UNION ALL
SELECT
    mine_id,
    'bsp' AS indicator,
    year::INTEGER AS year,
    bare_surface_share AS value,
    least(coverage_share, 1) AS coverage_share,
    1 AS n_dates
FROM mine_bare_surface
WHERE bare_surface_share IS NOT NULL AND NOT is_interpolated;

COMMENT ON VIEW mine_indicator_yearly IS
'Every indicator in every mine by year, bare surface share (bsp) among them.';
COMMENT ON COLUMN mine_indicator_yearly.mine_id IS 'Mine.';
COMMENT ON COLUMN mine_indicator_yearly.indicator IS
'bsp, or the name of a series in the project file (ndvi, ntl, ...).';
COMMENT ON COLUMN mine_indicator_yearly.year IS 'Calendar year.';
COMMENT ON COLUMN mine_indicator_yearly.value IS
'bsp: mine-related share of the mine, 0-1; else mean over mine and year, in the unit of the series.';
COMMENT ON COLUMN mine_indicator_yearly.coverage_share IS
'Share of the mine with data, 0-1; below 1 where it reaches out of the raster or pixels are void.';
COMMENT ON COLUMN mine_indicator_yearly.n_dates IS 'Number of dates that the year''s value is the mean of.';
