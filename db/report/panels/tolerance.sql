-- tolerance: Share of the samples that agree within so many years.
--
-- Panel:     xu2025 A6c
-- Needs:     validation
-- Finding:   {% set five = rows|selectattr('tolerance_years', 'eq', 5)|first or rows[-1] %}
--            {{ five.accuracy|percent }} of the samples agree within {{ five.tolerance_years|count('year') }}
--            ({{ five.accuracy_low|percent }} to {{ five.accuracy_high|percent }})
-- Caveat:    Band: 95 % interval, with samples of one place as one.
-- Published: section = '2.4/4.3'
SELECT
    tolerance_years,
    n,
    accuracy,
    accuracy_low,
    accuracy_high
FROM validation_tolerance
ORDER BY tolerance_years;
