-- core.landcover_episode: each development of a pixel, and the reclamation that followed it.
--
-- Grain:   one row per mine_id, developed_year, reclaimed_year, episode.
-- Reads:   raw.landcover_trajectory, core.landcover_step, core.landcover_state.
-- Stored:  yes, because it follows every trajectory.
-- Caveat:  years are those of the epoch in which the change is seen first.
-- Method:  docs/methods.md#timeline
CREATE OR REPLACE VIEW core.landcover_episode AS
WITH change AS (
    SELECT
        trajectory.rowid AS trajectory_number,
        trajectory.mine_id,
        step.year_to AS year,
        trajectory.classes[step.position] AS code_from,
        trajectory.classes[step.position + 1] AS code_to,
        round(trajectory.area_km2 * 1e12) AS area_mm2
    FROM raw.landcover_trajectory AS trajectory
    CROSS JOIN core.landcover_step AS step
    WHERE trajectory.classes[step.position] <> trajectory.classes[step.position + 1]
),

event AS (
    SELECT
        change.trajectory_number,
        change.mine_id,
        change.year,
        change.area_mm2,
        state_from.is_vegetated AS is_development
    FROM change
    INNER JOIN core.landcover_state AS state_from ON change.code_from = state_from.code
    INNER JOIN core.landcover_state AS state_to ON change.code_to = state_to.code
    WHERE core.is_disturbance(state_from, state_to)
),

followed AS (
    SELECT
        mine_id,
        year AS developed_year,
        area_mm2,
        is_development,
        CASE WHEN NOT lead(is_development) OVER trajectory THEN lead(year) OVER trajectory END AS reclaimed_year,
        sum(is_development::INTEGER) OVER trajectory AS episode
    FROM event
    WINDOW trajectory AS (PARTITION BY trajectory_number ORDER BY year)
)

SELECT
    mine_id,
    developed_year,
    reclaimed_year,
    episode::INTEGER AS episode,
    sum(area_mm2) / 1e12 AS area_km2
FROM followed
WHERE is_development
GROUP BY mine_id, developed_year, reclaimed_year, episode
ORDER BY mine_id, developed_year, reclaimed_year, episode;

COMMENT ON VIEW core.landcover_episode IS
'Each development of a pixel, and the reclamation that followed it.';
COMMENT ON COLUMN core.landcover_episode.mine_id IS 'Id of the mine.';
COMMENT ON COLUMN core.landcover_episode.developed_year IS
'First epoch in which the vegetated pixel is mine-related.';
COMMENT ON COLUMN core.landcover_episode.reclaimed_year IS
'First epoch in which it is vegetated again; NULL where it never is.';
COMMENT ON COLUMN core.landcover_episode.episode IS '1 for the first development of a pixel, 2 for the second ...';
COMMENT ON COLUMN core.landcover_episode.area_km2 IS 'Area, km2, on the WGS84 ellipsoid.';
