-- core.point_confusion: labelled points by what a data set says of them, at every threshold where it has probabilities.
--
-- Grain:   one row per dataset, year, threshold; threshold is NULL for polygons.
-- Reads:   raw.point, core.point_hit, core.point_look, core.point_step, raw.mask_confusion.
-- Caveat:  each data set is counted at the points that it looked at; predictions at those whose probability is known,
--          at thresholds from 0 to 1 in steps of 0.005. masks are pixels of held-out chips in place of points.
-- Method:  docs/methods.md#segmentation (Sepin et al. 2025, Figures 5 and S4)
CREATE OR REPLACE VIEW core.point_confusion AS
WITH summed AS (
    SELECT
        year,
        step,
        sum(n_mine) OVER above AS true_positive,
        sum(n_other) OVER above AS false_positive,
        sum(n_mine) OVER whole AS n_mine,
        sum(n_other) OVER whole AS n_other
    FROM core.point_step
    WINDOW
        above AS (PARTITION BY year ORDER BY step DESC),
        whole AS (PARTITION BY year)
)

SELECT
    point_look.dataset,
    point.year,
    NULL::DOUBLE AS threshold,
    count(*) FILTER (point.is_mine AND point_hit.point_id IS NOT NULL) AS true_positive,
    count(*) FILTER (NOT point.is_mine AND point_hit.point_id IS NOT NULL) AS false_positive,
    count(*) FILTER (point.is_mine AND point_hit.point_id IS NULL) AS false_negative,
    count(*) FILTER (NOT point.is_mine AND point_hit.point_id IS NULL) AS true_negative
FROM core.point_look
INNER JOIN raw.point ON point_look.point_id = point.point_id
LEFT JOIN core.point_hit
    ON point_look.point_id = point_hit.point_id AND point_look.dataset = point_hit.dataset
GROUP BY point_look.dataset, point.year

UNION ALL

SELECT
    'predictions' AS dataset,
    year,
    step / 200.0 AS threshold,
    true_positive::BIGINT AS true_positive,
    false_positive::BIGINT AS false_positive,
    (n_mine - true_positive)::BIGINT AS false_negative,
    (n_other - false_positive)::BIGINT AS true_negative
FROM summed

UNION ALL

SELECT
    'masks' AS dataset,
    year,
    threshold,
    true_positive,
    false_positive,
    false_negative,
    true_negative
FROM raw.mask_confusion;

COMMENT ON VIEW core.point_confusion IS
'Labelled points by what a data set says of them, at every threshold where it has probabilities.';
COMMENT ON COLUMN core.point_confusion.dataset IS
'predictions, masks, footprint, union, or a polygon source.';
COMMENT ON COLUMN core.point_confusion.year IS 'Year of the points.';
COMMENT ON COLUMN core.point_confusion.threshold IS 'Probability from which a point is mine, 0-1; NULL: polygons.';
COMMENT ON COLUMN core.point_confusion.true_positive IS 'Points that are mine and said to be.';
COMMENT ON COLUMN core.point_confusion.false_positive IS 'Points that are no mine but said to be.';
COMMENT ON COLUMN core.point_confusion.false_negative IS 'Points that are mine but not said to be.';
COMMENT ON COLUMN core.point_confusion.true_negative IS 'Points that are no mine and not said to be.';
