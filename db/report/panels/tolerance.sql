-- tolerance: Share of the samples that agree within so many years.
--
-- Panel:     xu2025 A6c
-- Needs:     validation
-- Finding:   {% set five = rows|selectattr('tolerance_years', 'eq', 5)|first %}
--            {{ (five or rows[-1]).accuracy|percent }} of the samples agree within
--            {{ (five or rows[-1]).tolerance_years|count('year') }}
-- Published: section = '2.4/4.3'
SELECT
    tolerance_years,
    accuracy
FROM validation_tolerance
ORDER BY tolerance_years;
