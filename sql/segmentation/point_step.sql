-- core.point_step: labelled points by the highest threshold that their probability reaches.
--
-- Grain:   one row per year with a point, step of 0.005 from 0 to 200.
-- Reads:   core.point_likeliest.
-- Method:  docs/methods.md#segmentation (Sepin et al. 2025, Figure 5)
CREATE OR REPLACE VIEW core.point_step AS
WITH stepped AS (
    -- The highest of the thresholds 0, 0.005 ... 1 that a probability reaches, exactly.
    SELECT
        *,
        least(floor(probability * 200), 199)::INTEGER AS step
    FROM core.point_likeliest
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
)

SELECT
    seen.year,
    steps.step,
    coalesce(counted.n_mine, 0) AS n_mine,
    coalesce(counted.n_other, 0) AS n_other
FROM (SELECT DISTINCT likeliest.year FROM core.point_likeliest AS likeliest) AS seen
CROSS JOIN range(0, 201) AS steps (step)
LEFT JOIN counted ON seen.year = counted.year AND steps.step = counted.step;

COMMENT ON VIEW core.point_step IS
'Labelled points by the highest threshold that their probability reaches.';
COMMENT ON COLUMN core.point_step.year IS 'Year of the points.';
COMMENT ON COLUMN core.point_step.step IS 'Threshold in steps of 0.005, 0-200.';
COMMENT ON COLUMN core.point_step.n_mine IS 'Number of points that are mine.';
COMMENT ON COLUMN core.point_step.n_other IS 'Number of points that are no mine.';
