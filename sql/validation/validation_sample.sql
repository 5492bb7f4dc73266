-- validation_sample: every interpreted sample, and whether the map is right about it within the tolerance.
--
-- Grain:   one row per sample_id.
-- Reads:   core.interpreted_sample, parameter.
-- Caveat:  a sample that is unchanged on the map is right where the interpreter saw no transition. The kind of a
--          transition counts only where the interpreter recorded it.
-- Method:  docs/methods.md#validation (Xu et al. 2025, section 2.4, Figure A1)
CREATE OR REPLACE VIEW validation_sample AS
SELECT
    sample.sample_id,
    sample.mine_id,
    sample.biome,
    sample.longitude,
    sample.latitude,
    coalesce(sample.change, 'changed') AS change,
    sample.predicted_year,
    CASE
        WHEN sample.reference_year IS NULL THEN 'unchanged'
        ELSE coalesce(sample.reference_change, sample.change, 'changed')
    END AS reference_change,
    sample.reference_year,
    sample.predicted_year - sample.reference_year AS lag_years,
    CASE
        WHEN sample.predicted_year IS NULL THEN sample.reference_year IS NULL
        ELSE
            coalesce(
                abs(sample.predicted_year - sample.reference_year) <= parameter.validation_tolerance_years, FALSE
            )
            AND coalesce(sample.reference_change = sample.change, TRUE)
    END AS is_right,
    sample.stratum,
    sample.stratum_km2,
    sample.interpreter
FROM core.interpreted_sample AS sample
CROSS JOIN parameter
ORDER BY sample.sample_id;

COMMENT ON VIEW validation_sample IS
'Every interpreted sample, and whether the map is right about it within the tolerance.';
COMMENT ON COLUMN validation_sample.sample_id IS 'Number of the sample.';
COMMENT ON COLUMN validation_sample.mine_id IS 'Mine that holds the pixel''s centre.';
COMMENT ON COLUMN validation_sample.biome IS 'Biome, of the file or by the biome layer.';
COMMENT ON COLUMN validation_sample.longitude IS 'Longitude of the pixel''s centre, degrees.';
COMMENT ON COLUMN validation_sample.latitude IS 'Latitude of the pixel''s centre, degrees.';
COMMENT ON COLUMN validation_sample.change IS
'disturbed, reclaimed or unchanged on the map; changed where the kind is not recorded.';
COMMENT ON COLUMN validation_sample.predicted_year IS
'Year of the change on the map; NULL for unchanged.';
COMMENT ON COLUMN validation_sample.reference_change IS
'As the interpreter saw it: disturbed, reclaimed, unchanged, or the map''s where only a year was given.';
COMMENT ON COLUMN validation_sample.reference_year IS
'Year that the interpreter saw; NULL: no transition.';
COMMENT ON COLUMN validation_sample.lag_years IS 'Predicted less reference year, years.';
COMMENT ON COLUMN validation_sample.is_right IS
'Whether the map is right: of the same kind and within the tolerance, or no change on either side.';
COMMENT ON COLUMN validation_sample.stratum IS 'What the sample was drawn from.';
COMMENT ON COLUMN validation_sample.stratum_km2 IS
'Area of the stratum when the sample was drawn, km2; NULL where not recorded.';
COMMENT ON COLUMN validation_sample.interpreter IS 'Who looked.';
