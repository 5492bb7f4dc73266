-- Figure 5: Agreement with labelled points at every threshold.
--
-- Study:     sepin2025
-- Needs:     points
-- Published: study = 'sepin2025' AND section = 'Methods' AND scope = 'reference validation'
SELECT
    threshold,
    n,
    accuracy,
    precision,
    recall,
    false_positive_rate,
    mcc
FROM segmentation_metric
WHERE dataset = 'predictions' AND averaging = 'mean of years'
ORDER BY threshold;
