-- segmentation_metric: how well predictions, the union of sources and each source agree with labelled points.
--
-- Grain:   one row per dataset, year, threshold; year NULL is all years together.
-- Reads:   core.point_confusion.
-- Caveat:  a measure whose denominator is zero is NULL.
-- Method:  docs/methods.md#segmentation (Sepin et al. 2025, Figures 5 and S4)
CREATE OR REPLACE VIEW segmentation_metric AS
WITH confusion AS (
    SELECT
        dataset,
        year,
        threshold,
        sum(true_positive)::DOUBLE AS tp,
        sum(false_positive)::DOUBLE AS fp,
        sum(false_negative)::DOUBLE AS fn,
        sum(true_negative)::DOUBLE AS tn
    FROM core.point_confusion
    GROUP BY GROUPING SETS ((dataset, year, threshold), (dataset, threshold))
)

SELECT
    dataset,
    year,
    threshold,
    (tp + fp + fn + tn)::BIGINT AS n,
    (tp + tn) / nullif(tp + fp + fn + tn, 0) AS accuracy,
    tp / nullif(tp + fp, 0) AS precision,
    tp / nullif(tp + fn, 0) AS recall,
    fp / nullif(fp + tn, 0) AS false_positive_rate,
    (tp * tn - fp * fn)
    / nullif(sqrt(tp + fp) * sqrt(tp + fn) * sqrt(tn + fp) * sqrt(tn + fn), 0) AS mcc,
    2 * tp / nullif(2 * tp + fp + fn, 0) AS f1,
    tp / nullif(tp + fp + fn, 0) AS iou
FROM confusion;

COMMENT ON VIEW segmentation_metric IS
'How well predictions, the union of sources and each source agree with labelled points.';
COMMENT ON COLUMN segmentation_metric.dataset IS
'predictions (by threshold), footprint (after the continuity rule), union, or a polygon source.';
COMMENT ON COLUMN segmentation_metric.year IS 'Year of the points; NULL: all years together.';
COMMENT ON COLUMN segmentation_metric.threshold IS 'Probability from which a point is mine, 0-1; NULL: polygons.';
COMMENT ON COLUMN segmentation_metric.n IS 'Number of points.';
COMMENT ON COLUMN segmentation_metric.accuracy IS 'Share of points said rightly, 0-1.';
COMMENT ON COLUMN segmentation_metric.precision IS 'Share of points said to be mine that are, 0-1.';
COMMENT ON COLUMN segmentation_metric.recall IS 'Share of mine points said to be, 0-1.';
COMMENT ON COLUMN segmentation_metric.false_positive_rate IS 'Share of other points said to be mine, 0-1.';
COMMENT ON COLUMN segmentation_metric.mcc IS 'Matthews correlation coefficient, -1 to 1.';
COMMENT ON COLUMN segmentation_metric.f1 IS 'F1 score of mine, 0-1.';
COMMENT ON COLUMN segmentation_metric.iou IS 'Intersection over union of mine, 0-1.';
