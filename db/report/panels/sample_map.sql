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
    change,
    predicted_year,
    reference_year,
    CASE
        WHEN is_right THEN 'agrees'
        WHEN reference_year IS NULL THEN 'no transition seen'
        ELSE 'dated otherwise'
    END AS verdict
FROM validation_sample
ORDER BY sample_id;
