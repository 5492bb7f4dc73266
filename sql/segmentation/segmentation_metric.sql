-- segmentation_metric: how well predictions, the union of sources and each source agree with labelled points.
--
-- Grain:   one row per dataset, year, threshold, averaging; year is NULL where years are averaged or pooled.
-- Reads:   core.point_confusion.
-- Caveat:  a measure whose denominator is zero is NULL, and such a year is left out of the mean.
-- Method:  docs/methods.md#segmentation (Sepin et al. 2025, Figures 5 and S4)
CREATE OR REPLACE VIEW segmentation_metric AS
WITH confusion AS (
    SELECT
        dataset,
        year,
        threshold,
        CASE WHEN grouping(year) = 1 THEN 'pooled' ELSE 'year' END AS averaging,
        sum(true_positive)::DOUBLE AS tp,
        sum(false_positive)::DOUBLE AS fp,
        sum(false_negative)::DOUBLE AS fn,
        sum(true_negative)::DOUBLE AS tn
    FROM core.point_confusion
    GROUP BY GROUPING SETS ((dataset, year, threshold), (dataset, threshold))
),

scored AS (
    SELECT
        *,
        core.score(tp, fp, fn, tn) AS score
    FROM confusion
),

measured AS (
    SELECT
        dataset,
        year,
        threshold,
        averaging,
        (tp + fp + fn + tn)::BIGINT AS n,
        score.accuracy AS accuracy,
        score.precision AS precision,
        score.recall AS recall,
        score.false_positive_rate AS false_positive_rate,
        score.mcc AS mcc,
        score.f1 AS f1,
        score.iou AS iou
    FROM scored
)

SELECT * FROM measured

UNION ALL

SELECT
    dataset,
    NULL AS year,
    threshold,
    'mean of years' AS averaging,
    sum(n)::BIGINT AS n,
    list_avg(list_sort(list(accuracy))) AS accuracy,
    list_avg(list_sort(list(precision))) AS precision,
    list_avg(list_sort(list(recall))) AS recall,
    list_avg(list_sort(list(false_positive_rate))) AS false_positive_rate,
    list_avg(list_sort(list(mcc))) AS mcc,
    list_avg(list_sort(list(f1))) AS f1,
    list_avg(list_sort(list(iou))) AS iou
FROM measured
WHERE averaging = 'year'
GROUP BY dataset, threshold
ORDER BY dataset, threshold, averaging, year;

COMMENT ON VIEW segmentation_metric IS
'How well predictions, the union of sources and each source agree with labelled points.';
COMMENT ON COLUMN segmentation_metric.dataset IS
'predictions and masks (by threshold), footprint (after the continuity rule), union, or a polygon source.';
COMMENT ON COLUMN segmentation_metric.year IS 'Year of the points; NULL where years are averaged or pooled.';
COMMENT ON COLUMN segmentation_metric.threshold IS 'Probability from which a point is mine, 0-1; NULL: polygons.';
COMMENT ON COLUMN segmentation_metric.averaging IS
'year: points of that year; mean of years: these averaged, as in Figure 5; pooled: points of all years together.';
COMMENT ON COLUMN segmentation_metric.n IS 'Number of points; of pixels for masks.';
COMMENT ON COLUMN segmentation_metric.accuracy IS 'Share of points said rightly, 0-1.';
COMMENT ON COLUMN segmentation_metric.precision IS 'Share of points said to be mine that are, 0-1.';
COMMENT ON COLUMN segmentation_metric.recall IS 'Share of mine points said to be, 0-1.';
COMMENT ON COLUMN segmentation_metric.false_positive_rate IS 'Share of other points said to be mine, 0-1.';
COMMENT ON COLUMN segmentation_metric.mcc IS 'Matthews correlation coefficient, -1 to 1.';
COMMENT ON COLUMN segmentation_metric.f1 IS 'F1 score of mine, 0-1.';
COMMENT ON COLUMN segmentation_metric.iou IS 'Intersection over union of mine, 0-1.';
