-- warn_landcover_partial: A mine reaches beyond the land-cover tiles, or lacks data in a part.
--
-- Reads:   core.mine, raw.landcover_coverage, raw.landcover_epoch.
SELECT
    mine.mine_id,
    round(coalesce(coverage.data_km2, 0) / mine.area_km2, 4) AS coverage_share
FROM core.mine
LEFT JOIN raw.landcover_coverage AS coverage ON mine.mine_id = coverage.mine_id
WHERE
    EXISTS (SELECT 1 FROM raw.landcover_epoch)
    AND coalesce(coverage.data_km2, 0) < 0.999 * mine.area_km2;
