-- Figure A6, tolerance: Share of samples that agree within so many years.
--
-- Study:     xu2025
-- Needs:     validation
-- Published: section = '2.4/4.3'
SELECT
    tolerance_years,
    accuracy
FROM validation_tolerance
ORDER BY tolerance_years;
