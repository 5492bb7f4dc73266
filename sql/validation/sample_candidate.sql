-- core.sample_candidate: pixels that changed in a year, as the histories that samples are drawn from.
--
-- Grain:   one row per mine_id, classes, year in which that history changes.
-- Reads:   raw.landcover_trajectory, core.landcover_step, core.landcover_state.
-- Caveat:  only changes between epochs a year apart have a year. A pixel at a mine's edge counts whole.
-- Method:  docs/methods.md#validation (Xu et al. 2025, section 2.4)
CREATE OR REPLACE VIEW core.sample_candidate AS
SELECT
    trajectory.mine_id,
    trajectory.classes,
    step.year_to AS year,
    CASE WHEN state_to.is_mine_related THEN 'disturbed' ELSE 'reclaimed' END AS change,
    trajectory.n_pixels,
    trajectory.area_km2
FROM raw.landcover_trajectory AS trajectory
CROSS JOIN core.landcover_step AS step
INNER JOIN core.landcover_state AS state_from ON trajectory.classes[step.position] = state_from.code
INNER JOIN core.landcover_state AS state_to ON trajectory.classes[step.position + 1] = state_to.code
WHERE
    step.year_to = step.year_from + 1
    AND (
        (state_from.is_vegetated AND state_to.is_mine_related)
        OR (state_from.is_mine_related AND state_to.is_vegetated)
    );

COMMENT ON VIEW core.sample_candidate IS
'Pixels that changed in a year, as the histories that samples are drawn from.';
COMMENT ON COLUMN core.sample_candidate.mine_id IS 'Mine.';
COMMENT ON COLUMN core.sample_candidate.classes IS 'Code in each epoch.';
COMMENT ON COLUMN core.sample_candidate.year IS 'Year of the change.';
COMMENT ON COLUMN core.sample_candidate.change IS 'disturbed (DEV) or reclaimed (REC).';
COMMENT ON COLUMN core.sample_candidate.n_pixels IS 'Number of pixels with that history in the mine.';
COMMENT ON COLUMN core.sample_candidate.area_km2 IS 'Their area inside the mine, km2.';
