-- fail_landcover_classes: A trajectory has more or fewer classes than there are epochs.
--
-- Reads:   raw.landcover_trajectory, raw.landcover_epoch.
SELECT
    mine_id,
    len(classes) AS n_classes
FROM raw.landcover_trajectory
WHERE len(classes) <> (SELECT count(*) FROM raw.landcover_epoch);
