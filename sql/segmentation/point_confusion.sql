-- core.point_confusion: labelled points by what a data set says of them, at every threshold where it has probabilities.
--
-- Grain:   one row per dataset, year, threshold; threshold is NULL for polygons.
-- Reads:   raw.point, core.point_hit, raw.point_probability, raw.polygon, raw.segmented_site.
-- Caveat:  predictions are counted at points whose probability is known, thresholds from 0 to 1 in steps of 0.005.
--          A point in several sites' squares takes the highest probability, as overlapping polygons are united.
--          footprint is counted at points that were looked at: in a square that was segmented in their year,
--          which gives them a probability, or in a year of a footprint source.
-- Method:  docs/methods.md#segmentation (Sepin et al. 2025, Figures 5 and S4)
CREATE OR REPLACE VIEW core.point_confusion AS
WITH polygon_dataset AS (
    SELECT DISTINCT source AS dataset FROM raw.polygon
    UNION
    SELECT 'union' AS dataset
    UNION
    SELECT DISTINCT 'footprint' AS dataset
    FROM raw.segmented_site
    WHERE status = 'done'
),

seen AS (
    SELECT point_id FROM raw.point_probability

    UNION

    SELECT point.point_id
    FROM raw.point
    INNER JOIN raw.segmented_site ON point.year = segmented_site.year
    WHERE segmented_site.status = 'done' AND segmented_site.site_id IS NULL
),

polygon_confusion AS (
    SELECT
        polygon_dataset.dataset,
        point.year,
        NULL::DOUBLE AS threshold,
        count(*) FILTER (point.is_mine AND point_hit.point_id IS NOT NULL) AS true_positive,
        count(*) FILTER (NOT point.is_mine AND point_hit.point_id IS NOT NULL) AS false_positive,
        count(*) FILTER (point.is_mine AND point_hit.point_id IS NULL) AS false_negative,
        count(*) FILTER (NOT point.is_mine AND point_hit.point_id IS NULL) AS true_negative
    FROM raw.point
    INNER JOIN polygon_dataset
        ON polygon_dataset.dataset <> 'footprint' OR point.point_id IN (SELECT seen.point_id FROM seen)
    LEFT JOIN core.point_hit
        ON point.point_id = point_hit.point_id AND polygon_dataset.dataset = point_hit.dataset
    GROUP BY polygon_dataset.dataset, point.year
),

likeliest AS (
    SELECT
        point_id,
        max(probability) AS probability
    FROM raw.point_probability
    GROUP BY point_id
),

-- The highest of the thresholds 0, 0.005 ... 1 that a probability reaches, exactly.
stepped AS (
    SELECT
        point.year,
        point.is_mine,
        likeliest.probability,
        least(floor(likeliest.probability * 200), 199)::INTEGER AS step
    FROM likeliest
    INNER JOIN raw.point ON likeliest.point_id = point.point_id
),

counted AS (
    SELECT
        year,
        step + (probability >= (step + 1) / 200.0)::INTEGER
        - (probability < step / 200.0)::INTEGER AS step,
        count(*) FILTER (is_mine) AS n_mine,
        count(*) FILTER (NOT is_mine) AS n_other
    FROM stepped
    GROUP BY ALL
),

year_step AS (
    SELECT
        seen.year,
        steps.step
    FROM (SELECT DISTINCT year FROM counted) AS seen, range(0, 201) AS steps (step)
),

summed AS (
    SELECT
        year_step.year,
        year_step.step,
        sum(coalesce(counted.n_mine, 0)) OVER above AS true_positive,
        sum(coalesce(counted.n_other, 0)) OVER above AS false_positive,
        sum(coalesce(counted.n_mine, 0)) OVER whole AS n_mine,
        sum(coalesce(counted.n_other, 0)) OVER whole AS n_other
    FROM year_step
    LEFT JOIN counted ON year_step.year = counted.year AND year_step.step = counted.step
    WINDOW
        above AS (PARTITION BY year_step.year ORDER BY year_step.step DESC),
        whole AS (PARTITION BY year_step.year)
)

SELECT * FROM polygon_confusion

UNION ALL

SELECT
    'predictions' AS dataset,
    year,
    step / 200.0 AS threshold,
    true_positive::BIGINT AS true_positive,
    false_positive::BIGINT AS false_positive,
    (n_mine - true_positive)::BIGINT AS false_negative,
    (n_other - false_positive)::BIGINT AS true_negative
FROM summed;

COMMENT ON VIEW core.point_confusion IS
'Labelled points by what a data set says of them, at every threshold where it has probabilities.';
COMMENT ON COLUMN core.point_confusion.dataset IS 'predictions, footprint, union, or a polygon source.';
COMMENT ON COLUMN core.point_confusion.year IS 'Year of the points.';
COMMENT ON COLUMN core.point_confusion.threshold IS 'Probability from which a point is mine, 0-1; NULL: polygons.';
COMMENT ON COLUMN core.point_confusion.true_positive IS 'Points that are mine and said to be.';
COMMENT ON COLUMN core.point_confusion.false_positive IS 'Points that are no mine but said to be.';
COMMENT ON COLUMN core.point_confusion.false_negative IS 'Points that are mine but not said to be.';
COMMENT ON COLUMN core.point_confusion.true_negative IS 'Points that are no mine and not said to be.';
