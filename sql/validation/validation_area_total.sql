-- validation_area_total: area of development and of reclamation over the whole record, corrected by the samples.
--
-- Grain:   one row per change: disturbed, reclaimed, unchanged; changed where kinds were not recorded.
-- Reads:   core.validation_estimate, core.validation_stratum.
-- Caveat:  a change counts in whichever year of the record the interpreter saw it. A pixel that changes twice is
--          counted twice, as in disturbance_total. Without a stratum of unchanged pixels nothing that the map
--          missed can be found: reason says so.
-- Method:  docs/methods.md#validation (Olofsson et al. 2014, equations 6, 7, 10 and 11)
CREATE OR REPLACE VIEW validation_area_total AS
SELECT
    change,
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
WHERE NOT by_year
ORDER BY change;

COMMENT ON VIEW validation_area_total IS
'Area of development and of reclamation over the whole record, corrected by the samples.';
COMMENT ON COLUMN validation_area_total.change IS
'disturbed, reclaimed or unchanged; changed where the kind is not recorded.';
COMMENT ON COLUMN validation_area_total.n_map IS 'Number of samples that the map puts there.';
COMMENT ON COLUMN validation_area_total.n_reference IS
'Number of samples that interpreters put there.';
COMMENT ON COLUMN validation_area_total.map_area_km2 IS 'Area on the map, km2.';
COMMENT ON COLUMN validation_area_total.area_km2 IS
'Area by the stratified estimator, km2; NULL where an area on the map is not known.';
COMMENT ON COLUMN validation_area_total.area_se_km2 IS 'Standard error of area_km2, km2.';
COMMENT ON COLUMN validation_area_total.area_low_km2 IS 'Lower end of the 95 % interval of area_km2, km2.';
COMMENT ON COLUMN validation_area_total.area_high_km2 IS 'Upper end of the 95 % interval of area_km2, km2.';
COMMENT ON COLUMN validation_area_total.users_accuracy IS
'Share of what the map puts there that is right, 0-1.';
COMMENT ON COLUMN validation_area_total.users_se IS 'Standard error of users_accuracy.';
COMMENT ON COLUMN validation_area_total.users_low IS 'Lower end of its 95 % interval (Wilson), 0-1.';
COMMENT ON COLUMN validation_area_total.users_high IS 'Upper end of its 95 % interval (Wilson), 0-1.';
COMMENT ON COLUMN validation_area_total.producers_accuracy IS
'Share of what is so that the map puts there, 0-1, by area.';
COMMENT ON COLUMN validation_area_total.producers_se IS 'Standard error of producers_accuracy.';
COMMENT ON COLUMN validation_area_total.producers_low IS 'Lower end of its 95 % interval (Wilson), 0-1.';
COMMENT ON COLUMN validation_area_total.producers_high IS 'Upper end of its 95 % interval (Wilson), 0-1.';
COMMENT ON COLUMN validation_area_total.reason IS
'What the areas leave out, or why there is none; NULL where nothing is amiss.';
