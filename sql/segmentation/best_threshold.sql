-- best_threshold: the threshold at which predictions agree best with labelled points, by measure.
--
-- Grain:   one row per metric (accuracy, mcc, f1, iou).
-- Reads:   segmentation_metric.
-- Caveat:  measures are means of the years'; of equal thresholds the lowest.
-- Method:  docs/methods.md#segmentation
CREATE OR REPLACE VIEW best_threshold AS
WITH measured AS (
    UNPIVOT (
        SELECT
            threshold,
            accuracy,
            mcc,
            f1,
            iou
        FROM segmentation_metric
        WHERE dataset = 'predictions' AND averaging = 'mean of years'
    )
    ON accuracy, mcc, f1, iou
    INTO NAME metric VALUE value
)

SELECT
    metric,
    arg_min(threshold, (-value, threshold)) AS threshold,
    max(value) AS value
FROM measured
GROUP BY metric
ORDER BY metric;

COMMENT ON VIEW best_threshold IS
'The threshold at which predictions agree best with labelled points, by measure.';
COMMENT ON COLUMN best_threshold.metric IS 'Measure: accuracy, mcc, f1 or iou.';
COMMENT ON COLUMN best_threshold.threshold IS 'Probability from which a point is mine, 0-1.';
COMMENT ON COLUMN best_threshold.value IS 'Value of the measure there.';
