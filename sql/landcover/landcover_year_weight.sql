-- core.landcover_year_weight: which epochs stand for each calendar year, and with what weight.
--
-- Grain:   one row per year, epoch_year: one for a year with a map, two for a year between maps.
-- Reads:   core.landcover_year.
-- Method:  docs/methods.md#years-between-epochs (Xu et al. 2025, section 2.2)
CREATE OR REPLACE VIEW core.landcover_year_weight AS
SELECT
    year,
    year_before AS epoch_year,
    1 - weight_after AS weight,
    is_interpolated
FROM core.landcover_year
UNION ALL
SELECT
    year,
    year_after AS epoch_year,
    weight_after AS weight,
    is_interpolated
FROM core.landcover_year
WHERE is_interpolated;

COMMENT ON VIEW core.landcover_year_weight IS
'Which epochs stand for each calendar year, and with what weight.';
COMMENT ON COLUMN core.landcover_year_weight.year IS 'Calendar year.';
COMMENT ON COLUMN core.landcover_year_weight.epoch_year IS 'Year of an epoch.';
COMMENT ON COLUMN core.landcover_year_weight.weight IS 'Weight of that epoch, 0-1; a year''s weights add up to 1.';
COMMENT ON COLUMN core.landcover_year_weight.is_interpolated IS 'Whether there is no map of that year.';
