-- core.sample_candidate: pixels that changed, and pixels that never did, as the histories that samples are drawn from.
--
-- Grain:   one row per mine_id, classes, year in which that history changes; year NULL: it never does.
-- Reads:   raw.landcover_trajectory, core.landcover_step, core.landcover_state, core.cover_type.
-- Caveat:  year is that of the later map: before 2000 a change lies anywhere in the five years up to it, and the area
--          is the whole step's. Changes of cover types that stand apart from totals are neither changed nor unchanged
--          here. A pixel at a mine's edge counts whole.
-- Method:  docs/methods.md#validation (Xu et al. 2025, section 2.4)
CREATE OR REPLACE VIEW core.sample_candidate AS
WITH event AS (
    SELECT
        trajectory.mine_id,
        trajectory.classes,
        step.year_to AS year,
        CASE WHEN state_to.is_mine_related THEN 'disturbed' ELSE 'reclaimed' END AS change,
        CASE WHEN state_from.is_vegetated THEN state_from.cover_type ELSE state_to.cover_type END AS cover_type,
        trajectory.n_pixels,
        trajectory.area_km2
    FROM raw.landcover_trajectory AS trajectory
    CROSS JOIN core.landcover_step AS step
    INNER JOIN core.landcover_state AS state_from ON trajectory.classes[step.position] = state_from.code
    INNER JOIN core.landcover_state AS state_to ON trajectory.classes[step.position + 1] = state_to.code
    -- Most pixels stay what they were: told first, they are not looked up.
    WHERE
        trajectory.classes[step.position] <> trajectory.classes[step.position + 1]
        AND core.is_disturbance(state_from, state_to)
)

SELECT
    event.mine_id,
    event.classes,
    event.year,
    event.change,
    event.n_pixels,
    event.area_km2
FROM event
INNER JOIN core.cover_type ON event.cover_type = cover_type.cover_type
WHERE cover_type.is_in_totals

UNION ALL

SELECT
    trajectory.mine_id,
    trajectory.classes,
    NULL AS year,
    'unchanged' AS change,
    trajectory.n_pixels,
    trajectory.area_km2
FROM raw.landcover_trajectory AS trajectory
WHERE
    NOT EXISTS (
        SELECT 1
        FROM event
        WHERE event.mine_id = trajectory.mine_id AND event.classes = trajectory.classes
    );

COMMENT ON VIEW core.sample_candidate IS
'Pixels that changed, and pixels that never did, as the histories that samples are drawn from.';
COMMENT ON COLUMN core.sample_candidate.mine_id IS 'Mine.';
COMMENT ON COLUMN core.sample_candidate.classes IS 'Code in each epoch.';
COMMENT ON COLUMN core.sample_candidate.year IS
'Year of the map that shows the change first; NULL for unchanged.';
COMMENT ON COLUMN core.sample_candidate.change IS 'disturbed (DEV), reclaimed (REC) or unchanged.';
COMMENT ON COLUMN core.sample_candidate.n_pixels IS 'Number of pixels with that history in the mine.';
COMMENT ON COLUMN core.sample_candidate.area_km2 IS 'Their area inside the mine, km2.';
