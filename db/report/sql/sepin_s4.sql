-- Figure S4: Agreement of each data set with labelled points, by year.
--
-- Study:     sepin2025
-- Needs:     points
SELECT
    dataset,
    year,
    n,
    accuracy,
    mcc,
    precision,
    false_positive_rate
FROM segmentation_metric
WHERE year IS NOT NULL AND dataset <> 'predictions'
ORDER BY dataset, year;
