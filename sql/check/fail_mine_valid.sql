-- fail_mine_valid: A mine's outline is not a valid polygon with area.
--
-- Reads:   core.mine.
SELECT
    mine_id,
    area_km2
FROM core.mine
WHERE
    geometry IS NULL
    OR ST_GeometryType(geometry) <> 'POLYGON'
    OR NOT ST_IsValid(geometry)
    OR NOT coalesce(area_km2 > 0 AND isfinite(area_km2), FALSE);
