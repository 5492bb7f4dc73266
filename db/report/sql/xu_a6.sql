-- Figure A6: Year on the map against the year that interpreters saw.
--
-- Study:     xu2025
-- Needs:     validation
SELECT
    predicted_year,
    reference_year,
    n
FROM validation_confusion
ORDER BY predicted_year, reference_year;
