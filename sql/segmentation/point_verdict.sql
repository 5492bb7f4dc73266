-- core.point_verdict: what each data set says of each labelled point that it looked at, and the point's place.
--
-- Grain:   one row per dataset, threshold, point_id.
-- Reads:   raw.point, core.point_look, core.point_hit, core.point_likeliest, core.footprint_threshold.
-- Stored:  yes, because places are told apart by their geometry, which no public view can.
-- Caveat:  predictions at the thresholds of the project, at 0.5 and at the study's 0.55 and 0.625.
-- Method:  docs/methods.md#intervals
CREATE OR REPLACE VIEW core.point_verdict AS
WITH step AS (
    SELECT threshold
    FROM core.footprint_threshold
    WHERE threshold IS NOT NULL
    UNION
    SELECT unnest([0.5, 0.55, 0.625])::DOUBLE AS threshold
),

verdict AS (
    SELECT
        point_look.dataset,
        NULL::DOUBLE AS threshold,
        point_look.point_id,
        point_hit.point_id IS NOT NULL AS says_mine
    FROM core.point_look
    LEFT JOIN core.point_hit
        ON point_look.point_id = point_hit.point_id AND point_look.dataset = point_hit.dataset

    UNION ALL

    SELECT
        'predictions' AS dataset,
        step.threshold,
        likeliest.point_id,
        likeliest.probability >= step.threshold AS says_mine
    FROM core.point_likeliest AS likeliest
    CROSS JOIN step
)

SELECT
    verdict.dataset,
    verdict.threshold,
    verdict.point_id,
    core.geometry_key(point.geometry) AS place_key,
    point.is_mine,
    verdict.says_mine
FROM verdict
INNER JOIN raw.point ON verdict.point_id = point.point_id
ORDER BY verdict.dataset, verdict.threshold, verdict.point_id;

COMMENT ON VIEW core.point_verdict IS
'What each data set says of each labelled point that it looked at, and the point''s place.';
COMMENT ON COLUMN core.point_verdict.dataset IS
'predictions (by threshold), footprint, union, or a polygon source.';
COMMENT ON COLUMN core.point_verdict.threshold IS 'Probability from which a point is mine, 0-1; NULL: polygons.';
COMMENT ON COLUMN core.point_verdict.point_id IS 'Id of the point.';
COMMENT ON COLUMN core.point_verdict.place_key IS 'Number of its place: the same in every year.';
COMMENT ON COLUMN core.point_verdict.is_mine IS 'Whether a person saw a mine there.';
COMMENT ON COLUMN core.point_verdict.says_mine IS 'Whether the data set says so.';
