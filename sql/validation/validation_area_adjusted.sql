-- validation_area_adjusted: area and accuracy of each year's development and reclamation, corrected by the samples.
--
-- Grain:   one row per change, year of the map or of the reference; year NULL: unchanged.
-- Reads:   core.validation_estimate, core.validation_stratum.
-- Caveat:  a year within the tolerance counts as the map's. map_area_km2 is estimated too where a stratum held both
--          kinds of change; disturbance_yearly has it exactly. A standard error is NULL where a stratum that it
--          rests on has one sample only. Without a stratum of unchanged pixels the areas only move from year to
--          year: reason says that omission was not measured.
-- Method:  docs/methods.md#validation (Olofsson et al. 2014, equations 6, 7, 10 and 11)
CREATE OR REPLACE VIEW validation_area_adjusted AS
SELECT
    change,
    year,
    n_map,
    n_reference,
    map_area_km2,
    area_km2,
    area_se_km2,
    area_low_km2,
    area_high_km2,
    users_accuracy,
    users_se,
    wilson_low(users_accuracy, users_n) AS users_low,
    wilson_high(users_accuracy, users_n) AS users_high,
    producers_accuracy,
    producers_se,
    wilson_low(producers_accuracy, producers_n) AS producers_low,
    wilson_high(producers_accuracy, producers_n) AS producers_high,
    CASE
        WHEN NOT (SELECT bool_or(stratum.is_unchanged) FROM core.validation_stratum AS stratum)
            THEN 'omission not measured: no unchanged pixels were sampled'
        WHEN area_km2 IS NULL THEN 'the area of a stratum is not known'
    END AS reason
FROM core.validation_estimate
WHERE by_year
ORDER BY change, year;

COMMENT ON VIEW validation_area_adjusted IS
'Area and accuracy of each year''s development and reclamation, corrected by the samples.';
COMMENT ON COLUMN validation_area_adjusted.change IS
'disturbed, reclaimed or unchanged; changed where the kind is not recorded.';
COMMENT ON COLUMN validation_area_adjusted.year IS 'Year of the change; NULL for unchanged.';
COMMENT ON COLUMN validation_area_adjusted.n_map IS 'Number of samples that the map puts there.';
COMMENT ON COLUMN validation_area_adjusted.n_reference IS
'Number of samples that interpreters put there, or within the tolerance of the map''s year.';
COMMENT ON COLUMN validation_area_adjusted.map_area_km2 IS 'Area on the map, km2.';
COMMENT ON COLUMN validation_area_adjusted.area_km2 IS
'Area by the stratified estimator, km2; NULL where an area on the map is not known.';
COMMENT ON COLUMN validation_area_adjusted.area_se_km2 IS 'Standard error of area_km2, km2.';
COMMENT ON COLUMN validation_area_adjusted.area_low_km2 IS 'Lower end of the 95 % interval of area_km2, km2.';
COMMENT ON COLUMN validation_area_adjusted.area_high_km2 IS 'Upper end of the 95 % interval of area_km2, km2.';
COMMENT ON COLUMN validation_area_adjusted.users_accuracy IS
'Share of what the map puts there that is right, 0-1.';
COMMENT ON COLUMN validation_area_adjusted.users_se IS 'Standard error of users_accuracy.';
COMMENT ON COLUMN validation_area_adjusted.users_low IS 'Lower end of its 95 % interval (Wilson), 0-1.';
COMMENT ON COLUMN validation_area_adjusted.users_high IS 'Upper end of its 95 % interval (Wilson), 0-1.';
COMMENT ON COLUMN validation_area_adjusted.producers_accuracy IS
'Share of what is so that the map puts there, 0-1, by area.';
COMMENT ON COLUMN validation_area_adjusted.producers_se IS 'Standard error of producers_accuracy.';
COMMENT ON COLUMN validation_area_adjusted.producers_low IS 'Lower end of its 95 % interval (Wilson), 0-1.';
COMMENT ON COLUMN validation_area_adjusted.producers_high IS 'Upper end of its 95 % interval (Wilson), 0-1.';
COMMENT ON COLUMN validation_area_adjusted.reason IS
'What the areas leave out, or why there is none; NULL where nothing is amiss.';
