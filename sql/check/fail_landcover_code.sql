-- fail_landcover_code: A class has area in a mine, but the legend does not list it.
--
-- Reads:   core.landcover_area, core.landcover_state.
SELECT
    area.mine_id,
    area.year,
    area.code
FROM core.landcover_area AS area
LEFT JOIN core.landcover_state AS state ON area.code = state.code
WHERE state.code IS NULL;
