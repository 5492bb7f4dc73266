-- fail_landcover_flow: What a class of a mine gained and lost between epochs is not how its area changed.
--
-- Reads:   core.landcover_area, core.landcover_transition, raw.landcover_epoch, raw.landcover_trajectory.
WITH gapless AS (
    SELECT mine_id
    FROM raw.landcover_trajectory
    GROUP BY mine_id
    HAVING max(len(classes) - list_count(classes)) = 0
),

flow AS (
    SELECT
        mine_id,
        code_to AS code,
        area_km2
    FROM core.landcover_transition
    UNION ALL
    SELECT
        mine_id,
        code_from AS code,
        -area_km2 AS area_km2
    FROM core.landcover_transition
    UNION ALL
    SELECT
        mine_id,
        code,
        area_km2
    FROM core.landcover_area
    WHERE year = (SELECT min(epoch.year) FROM raw.landcover_epoch AS epoch)
    UNION ALL
    SELECT
        mine_id,
        code,
        -area_km2 AS area_km2
    FROM core.landcover_area
    WHERE year = (SELECT max(epoch.year) FROM raw.landcover_epoch AS epoch)
)

SELECT
    flow.mine_id,
    flow.code,
    sum(flow.area_km2) AS area_km2
FROM flow
INNER JOIN gapless ON flow.mine_id = gapless.mine_id
GROUP BY flow.mine_id, flow.code
HAVING abs(sum(flow.area_km2)) > 1e-7;
