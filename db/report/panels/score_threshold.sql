-- score_threshold: Agreement with labelled points at every threshold of probability, beside each source of polygons.
--
-- Panel:     sepin2025 5
-- Needs:     points
-- Finding:   {% set ours = rows|selectattr('dataset', 'eq', 'predictions')|rejectattr('mcc',
--            'none')|sort(attribute='mcc', reverse=true) %} {% set theirs =
--            rows|rejectattr('threshold')|rejectattr('mcc', 'none')|sort(attribute='mcc', reverse=true) %}
--            {% if ours %}Predictions agree best at a threshold of {{ ours[0].threshold|number }} (Matthews
--            correlation {{ ours[0].mcc|number }}){% elif theirs %}{{ theirs[0].dataset }} agrees best with the
--            labelled points (Matthews correlation {{ theirs[0].mcc|number }}){% endif %}
-- Caveat:    Means over the years. Dashed: the thresholds 0.55 and 0.625 of the study.
-- Published: section = 'Methods' AND scope = 'reference validation'
SELECT
    dataset,
    threshold,
    accuracy,
    precision,
    recall,
    false_positive_rate,
    mcc,
    f1,
    n
FROM segmentation_metric
WHERE averaging = 'mean of years' AND dataset <> 'footprint'
ORDER BY dataset = 'predictions' DESC, dataset, threshold ASC;
