-- score_yearly: Agreement with labelled points year by year.
--
-- Panel:     sepin2025 S4
-- Needs:     points
-- Finding:   {% set year = rows|map(attribute='year')|max %} {% set now = rows|selectattr('year', 'eq',
--            year)|rejectattr('accuracy', 'none')|sort(attribute='accuracy', reverse=true) %} {% if now %}In
--            {{ year }} {{ now[0].dataset|replace('_', ' ') }} was right at {{ now[0].accuracy|percent }} of the
--            labelled points{% endif %}
SELECT
    CASE WHEN threshold IS NULL THEN dataset ELSE dataset || ' at ' || threshold END AS dataset,
    year,
    accuracy,
    precision,
    recall,
    false_positive_rate,
    mcc,
    f1,
    n
FROM segmentation_metric
WHERE averaging = 'year' AND (threshold IS NULL OR round(threshold, 4) IN (0.55, 0.625))
ORDER BY dataset ASC, year DESC;
