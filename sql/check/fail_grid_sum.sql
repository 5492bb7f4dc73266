-- fail_grid_sum: A mine's areas by grid cell do not add up to the mine.
--
-- Reads:   core.mine, core.grid_mine.
WITH cell AS (
    SELECT
        mine_id,
        sum(area_km2) AS area_km2
    FROM core.grid_mine
    GROUP BY mine_id
)

SELECT
    mine.mine_id,
    mine.area_km2,
    cell.area_km2 AS cell_km2
FROM core.mine
LEFT JOIN cell ON mine.mine_id = cell.mine_id
WHERE
    cell.area_km2 IS NULL
    OR abs(cell.area_km2 - mine.area_km2) > 1e-6 * mine.area_km2 + 1e-9;
