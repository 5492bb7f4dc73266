-- mine_timeline: when each mine was opened, at its peak, and reclaimed.
--
-- Grain:   one row per mine_id with land-cover data; years are NULL where it never happened.
-- Reads:   raw.landcover_coverage, core.landcover_disturbance, core.landcover_episode, core.reclamation_wait,
--          core.bare_surface_gap.
-- Caveat:  a year is that of the epoch in which the change is seen first; before 2000 epochs are five years apart.
--          The median goes over area, and only over pixels that were developed and later reclaimed. All vegetated
--          cover types count, those that stand apart from totals too.
-- Method:  docs/methods.md#timeline
CREATE OR REPLACE VIEW mine_timeline AS
WITH step AS (
    SELECT
        mine_id,
        year_to,
        core.reproducible_sum(developed_km2) / (year_to - year_from) AS developed_km2,
        core.reproducible_sum(reclaimed_km2) AS reclaimed_km2
    FROM core.landcover_disturbance
    GROUP BY mine_id, year_from, year_to
),

span AS (
    SELECT
        mine_id,
        min(year_to) FILTER (developed_km2 > 0) AS first_developed_year,
        arg_max(year_to, (developed_km2, -year_to)) FILTER (developed_km2 > 0) AS peak_year,
        max(year_to) FILTER (developed_km2 > 0) AS last_developed_year,
        min(year_to) FILTER (reclaimed_km2 > 0) AS first_reclaimed_year
    FROM step
    GROUP BY mine_id
),

touched AS (
    SELECT
        mine_id,
        core.reproducible_sum(CASE WHEN episode = 1 THEN area_km2 END) AS ever_developed_km2,
        core.reproducible_sum(CASE WHEN episode = 2 THEN area_km2 END) AS redeveloped_km2
    FROM core.landcover_episode
    GROUP BY mine_id
)

SELECT
    coverage.mine_id,
    span.first_developed_year,
    span.peak_year,
    span.last_developed_year,
    span.first_reclaimed_year,
    wait.median_years_to_reclaim,
    CASE WHEN gap.reason IS NULL THEN coalesce(touched.redeveloped_km2, 0) END AS redeveloped_km2,
    CASE WHEN gap.reason IS NULL THEN coalesce(touched.ever_developed_km2, 0) END AS ever_developed_km2
FROM raw.landcover_coverage AS coverage
CROSS JOIN core.bare_surface_gap AS gap
LEFT JOIN span ON coverage.mine_id = span.mine_id
LEFT JOIN core.reclamation_wait AS wait ON coverage.mine_id = wait.mine_id
LEFT JOIN touched ON coverage.mine_id = touched.mine_id
WHERE coverage.data_km2 > 0
ORDER BY coverage.mine_id;

COMMENT ON VIEW mine_timeline IS 'When each mine was opened, at its peak, and reclaimed.';
COMMENT ON COLUMN mine_timeline.mine_id IS 'Id of the mine.';
COMMENT ON COLUMN mine_timeline.first_developed_year IS 'First epoch with development.';
COMMENT ON COLUMN mine_timeline.peak_year IS
'Epoch with most development a year since the one before; the earliest of equals.';
COMMENT ON COLUMN mine_timeline.last_developed_year IS 'Last epoch with development.';
COMMENT ON COLUMN mine_timeline.first_reclaimed_year IS 'First epoch with reclamation.';
COMMENT ON COLUMN mine_timeline.median_years_to_reclaim IS
'Years from development to reclamation, median over area; NULL where nothing developed came back.';
COMMENT ON COLUMN mine_timeline.redeveloped_km2 IS
'Area developed at least twice, km2, on the WGS84 ellipsoid.';
COMMENT ON COLUMN mine_timeline.ever_developed_km2 IS
'Area developed at least once, km2, on the WGS84 ellipsoid.';
