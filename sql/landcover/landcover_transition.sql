-- core.landcover_transition: area that changed class between consecutive epochs, by mine.
--
-- Grain:   one row per mine_id, year_from, year_to, code_from, code_to; only changes.
-- Reads:   raw.landcover_trajectory, raw.landcover_coverage, raw.landcover_epoch, core.landcover_step.
-- Stored:  yes, because it goes over every epoch of every trajectory.
-- Caveat:  a change to or from an epoch without data is no change. Areas are added as whole square
--          millimetres, which doubles hold exactly, so that no order of rows changes a sum.
-- Method:  docs/methods.md#transitions (Xu et al. 2025, section 2.2)
CREATE OR REPLACE VIEW core.landcover_transition AS
WITH numbered AS (
    SELECT
        mine_id,
        row_number() OVER (ORDER BY mine_id) AS mine_number
    FROM raw.landcover_coverage
),

change AS (
    -- Mine, position and both codes as one number: grouping and sorting by it costs half.
    SELECT
        numbered.mine_number * 4294967296
        + step.position * 65536
        + trajectory.classes[step.position] * 256::INTEGER
        + trajectory.classes[step.position + 1] AS change_key,
        round(trajectory.area_km2 * 1e12) AS area_mm2
    FROM raw.landcover_trajectory AS trajectory
    INNER JOIN numbered ON trajectory.mine_id = numbered.mine_id
    CROSS JOIN core.landcover_step AS step
    WHERE trajectory.classes[step.position] <> trajectory.classes[step.position + 1]
),

summed AS (
    SELECT
        change_key,
        sum(area_mm2) / 1e12 AS area_km2
    FROM change
    GROUP BY change_key
    ORDER BY change_key
),

label AS (
    SELECT
        (SELECT list(coverage.mine_id ORDER BY coverage.mine_id) FROM raw.landcover_coverage AS coverage) AS mine_ids,
        (SELECT list(epoch.year ORDER BY epoch.position) FROM raw.landcover_epoch AS epoch) AS years
)

-- What follows only names what was sorted: rows stay in the order of change_key.
SELECT
    label.mine_ids[summed.change_key // 4294967296] AS mine_id,
    label.years[summed.change_key // 65536 % 65536] AS year_from,
    label.years[summed.change_key // 65536 % 65536 + 1] AS year_to,
    (summed.change_key // 256 % 256)::UTINYINT AS code_from,
    (summed.change_key % 256)::UTINYINT AS code_to,
    summed.area_km2
FROM summed
CROSS JOIN label;

COMMENT ON VIEW core.landcover_transition IS
'Area that changed class between consecutive epochs, by mine.';
COMMENT ON COLUMN core.landcover_transition.mine_id IS 'Id of the mine.';
COMMENT ON COLUMN core.landcover_transition.year_from IS 'Year of the earlier epoch.';
COMMENT ON COLUMN core.landcover_transition.year_to IS 'Year of the later epoch.';
COMMENT ON COLUMN core.landcover_transition.code_from IS 'Code in the earlier epoch.';
COMMENT ON COLUMN core.landcover_transition.code_to IS 'Code in the later epoch.';
COMMENT ON COLUMN core.landcover_transition.area_km2 IS 'Area, km2, on the WGS84 ellipsoid.';
