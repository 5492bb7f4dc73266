-- segmentation_interval: scores at labelled points, all years together, with their standard errors and intervals.
--
-- Grain:   one row per dataset, threshold, measure.
-- Reads:   core.point_verdict.
-- Caveat:  the same place in several years is one cluster: errors are those of a jackknife that leaves out one place
--          at a time. Predictions at the thresholds of the project, 0.5, 0.55 and 0.625; segmentation_metric has all.
--          A coefficient (mcc) has 1.96 standard errors to either side, a share Wilson's interval.
-- Method:  docs/methods.md#intervals (Wilson 1927)
CREATE OR REPLACE VIEW segmentation_interval AS
WITH place AS (
    SELECT
        dataset,
        threshold,
        place_key,
        count(*) FILTER (WHERE is_mine AND says_mine)::DOUBLE AS tp,
        count(*) FILTER (WHERE NOT is_mine AND says_mine)::DOUBLE AS fp,
        count(*) FILTER (WHERE is_mine AND NOT says_mine)::DOUBLE AS fn,
        count(*) FILTER (WHERE NOT is_mine AND NOT says_mine)::DOUBLE AS tn
    FROM core.point_verdict
    GROUP BY dataset, threshold, place_key
),

scored AS (
    SELECT
        *,
        core.score(sum(tp) OVER whole, sum(fp) OVER whole, sum(fn) OVER whole, sum(tn) OVER whole) AS score,
        core.score(
            sum(tp) OVER whole - tp, sum(fp) OVER whole - fp, sum(fn) OVER whole - fn, sum(tn) OVER whole - tn
        ) AS rest
    FROM place
    WINDOW whole AS (PARTITION BY dataset, threshold)
),

measured AS (
    SELECT
        dataset,
        threshold,
        tp + fp + fn + tn AS n,
        unnest(['accuracy', 'precision', 'recall', 'false_positive_rate', 'mcc', 'f1', 'iou']) AS measure,
        unnest([
            score.accuracy, score.precision, score.recall, score.false_positive_rate, score.mcc, score.f1, score.iou
        ]) AS value,
        unnest([
            rest.accuracy, rest.precision, rest.recall, rest.false_positive_rate, rest.mcc, rest.f1, rest.iou
        ]) AS value_without,
        -- Whether the place has a point of the measure's denominator.
        unnest([TRUE, tp + fp > 0, tp + fn > 0, fp + tn > 0, TRUE, tp + fp + fn > 0, tp + fp + fn > 0]) AS is_counted
    FROM scored
),

spread AS (
    SELECT
        dataset,
        threshold,
        measure,
        any_value(value) AS value,
        sum(n)::BIGINT AS n_points,
        count(*) FILTER (WHERE is_counted) AS n_places,
        sqrt(
            core.reproducible_sum(power(value_without - value, 2)) * (count(value_without) - 1)
            / nullif(count(value_without), 0)
        ) AS standard_error
    FROM measured
    WHERE is_counted
    GROUP BY dataset, threshold, measure
)

SELECT
    dataset,
    threshold,
    measure,
    value,
    CASE WHEN n_places > 1 THEN standard_error END AS standard_error,
    CASE
        WHEN measure <> 'mcc' THEN wilson_low(value, core.effective_n(value, standard_error, n_places))
        WHEN standard_error > 0 THEN greatest(value - 1.96 * standard_error, -1)
    END AS low,
    CASE
        WHEN measure <> 'mcc' THEN wilson_high(value, core.effective_n(value, standard_error, n_places))
        WHEN standard_error > 0 THEN least(value + 1.96 * standard_error, 1)
    END AS high,
    n_points,
    n_places
FROM spread
WHERE value IS NOT NULL
ORDER BY dataset, threshold, measure;

COMMENT ON VIEW segmentation_interval IS
'Scores at labelled points, all years together, with their standard errors and intervals.';
COMMENT ON COLUMN segmentation_interval.dataset IS
'predictions (by threshold), footprint, union, or a polygon source.';
COMMENT ON COLUMN segmentation_interval.threshold IS
'Probability from which a point is mine, 0-1; NULL: polygons.';
COMMENT ON COLUMN segmentation_interval.measure IS
'accuracy, precision, recall, false_positive_rate, mcc, f1 or iou.';
COMMENT ON COLUMN segmentation_interval.value IS 'The measure, as in segmentation_metric pooled over years.';
COMMENT ON COLUMN segmentation_interval.standard_error IS
'Its standard error, places taken as clusters; NULL for a single place.';
COMMENT ON COLUMN segmentation_interval.low IS 'Lower end of its 95 % interval.';
COMMENT ON COLUMN segmentation_interval.high IS 'Upper end of its 95 % interval.';
COMMENT ON COLUMN segmentation_interval.n_points IS 'Number of points at places that the measure counts.';
COMMENT ON COLUMN segmentation_interval.n_places IS 'Number of these places.';
