-- core.computed_score: this build's scores at labelled points and clarity of images, named as the study names them.
--
-- Grain:   one row per scope, name, period, metric.
-- Reads:   segmentation_metric, image_visibility, raw.published_name, raw.published_figure.
-- Caveat:  scores are means over the years with points, whichever these are, under the study's years. Scores on the
--          test chips of the study's models are printed only.
-- Method:  docs/methods.md#published-figures (Sepin et al. 2025, Table S2)
CREATE OR REPLACE VIEW core.computed_score AS
WITH named AS (
    SELECT
        CASE metric.dataset
            WHEN 'predictions' THEN concat('predictions p>=', metric.threshold::DOUBLE)
            WHEN 'union' THEN 'union ground truth'
            ELSE published_name.name
        END AS name,
        100 * metric.accuracy AS accuracy,
        100 * metric.mcc AS mcc,
        100 * metric.precision AS precision,
        100 * metric.false_positive_rate AS false_positive_rate
    FROM main.segmentation_metric AS metric
    LEFT JOIN raw.published_name
        ON metric.dataset = published_name.key AND published_name.scope = 'dataset'
    WHERE metric.averaging = 'mean of years'
),

record AS (
    SELECT DISTINCT period
    FROM raw.published_figure
    WHERE scope = 'reference validation'
),

visibility AS (
    SELECT
        year::VARCHAR AS period,
        100 * mean AS visibility_mean,
        100 * sd AS visibility_sd,
        100 * p01 AS visibility_p01,
        100 * p05 AS visibility_p05,
        100 * p10 AS visibility_p10,
        100 * p50 AS visibility_p50,
        100 * p90 AS visibility_p90
    FROM main.image_visibility
)

SELECT
    'reference validation' AS scope,
    name,
    record.period,
    metric,
    computed
FROM named
UNPIVOT (computed FOR metric IN (accuracy, mcc, precision, false_positive_rate))
CROSS JOIN record
WHERE name IS NOT NULL

UNION ALL

SELECT
    'image visibility' AS scope,
    'Tropics' AS name,
    period,
    metric,
    computed
FROM visibility
UNPIVOT (
    computed FOR metric IN (
        visibility_mean, visibility_sd, visibility_p01, visibility_p05, visibility_p10, visibility_p50, visibility_p90
    )
);

COMMENT ON VIEW core.computed_score IS
'This build''s scores at labelled points and clarity of images, named as the study names them.';
COMMENT ON COLUMN core.computed_score.scope IS 'reference validation or image visibility.';
COMMENT ON COLUMN core.computed_score.name IS 'Which one.';
COMMENT ON COLUMN core.computed_score.period IS 'Year, or first and last year, as printed.';
COMMENT ON COLUMN core.computed_score.metric IS 'What was measured.';
COMMENT ON COLUMN core.computed_score.computed IS 'The figure, percent.';
