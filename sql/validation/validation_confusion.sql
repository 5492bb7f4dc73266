-- validation_confusion: samples by the year on the map and the year that interpreters saw.
--
-- Grain:   one row per predicted_year, reference_year that occurs.
-- Reads:   validation_sample.
-- Caveat:  reference_year NULL: no transition was seen. Samples that are unchanged on the map are left out.
-- Method:  docs/methods.md#validation (Xu et al. 2025, Figure A6a)
CREATE OR REPLACE VIEW validation_confusion AS
SELECT
    predicted_year,
    reference_year,
    count(*) AS n
FROM validation_sample
WHERE predicted_year IS NOT NULL
GROUP BY predicted_year, reference_year
ORDER BY predicted_year, reference_year;

COMMENT ON VIEW validation_confusion IS
'Samples by the year on the map and the year that interpreters saw.';
COMMENT ON COLUMN validation_confusion.predicted_year IS 'Year of the change on the map.';
COMMENT ON COLUMN validation_confusion.reference_year IS
'Year that the interpreter saw; NULL: no transition.';
COMMENT ON COLUMN validation_confusion.n IS 'Number of samples.';
