-- fail_landcover_area: The trajectories of a mine do not add up to its area with data.
--
-- Reads:   raw.landcover_trajectory, raw.landcover_coverage.
WITH added AS (
    SELECT
        mine_id,
        sum(round(area_km2 * 1e12)) / 1e12 AS area_km2
    FROM raw.landcover_trajectory
    GROUP BY mine_id
)

SELECT
    coverage.mine_id,
    coverage.data_km2,
    added.area_km2
FROM raw.landcover_coverage AS coverage
FULL JOIN added ON coverage.mine_id = added.mine_id
WHERE abs(coalesce(coverage.data_km2, 0) - coalesce(added.area_km2, 0)) > 1e-9;
