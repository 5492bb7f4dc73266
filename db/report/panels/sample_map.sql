-- sample_map: The samples that interpreters looked at.
--
-- Panel:     xu2025 A1
-- Needs:     validation
-- Finding:   {% set good = rows|selectattr('verdict', 'eq', 'agrees')|list %} {{ good|length|number }} of
--            {{ rows|length|count('sample') }} agree with what interpreters saw
SELECT
    sample_id,
    longitude,
    latitude,
    predicted_year,
    reference_year,
    CASE
        WHEN lag_years IS NULL THEN 'no transition seen'
        WHEN abs(lag_years) <= validation_tolerance_years THEN 'agrees'
        ELSE 'dated otherwise'
    END AS verdict
FROM core.validation_sample
CROSS JOIN parameter
ORDER BY sample_id;
