-- core.landcover_area: area of each class in each mine and epoch.
--
-- Grain:   one row per mine_id, year, code with any area.
-- Reads:   raw.landcover_trajectory, raw.landcover_epoch.
-- Stored:  yes, because it goes over every epoch of every trajectory.
-- Caveat:  pixels without data in an epoch are in no class of that epoch.
-- Method:  docs/methods.md#transitions
CREATE OR REPLACE VIEW core.landcover_area AS
WITH cell AS (
    SELECT
        trajectory.mine_id,
        epoch.year * 256 + trajectory.classes[epoch.position] AS year_code,
        round(trajectory.area_km2 * 1e12) AS area_mm2
    FROM raw.landcover_trajectory AS trajectory
    CROSS JOIN raw.landcover_epoch AS epoch
    WHERE trajectory.classes[epoch.position] IS NOT NULL
),

summed AS (
    SELECT
        mine_id,
        year_code,
        sum(area_mm2) / 1e12 AS area_km2
    FROM cell
    GROUP BY mine_id, year_code
)

SELECT
    mine_id,
    year_code // 256 AS year,
    (year_code % 256)::UTINYINT AS code,
    area_km2
FROM summed
ORDER BY mine_id, year_code;

COMMENT ON VIEW core.landcover_area IS 'Area of each class in each mine and epoch.';
COMMENT ON COLUMN core.landcover_area.mine_id IS 'Id of the mine.';
COMMENT ON COLUMN core.landcover_area.year IS 'Year of the epoch.';
COMMENT ON COLUMN core.landcover_area.code IS 'Code of the class.';
COMMENT ON COLUMN core.landcover_area.area_km2 IS 'Area, km2, on the WGS84 ellipsoid.';
