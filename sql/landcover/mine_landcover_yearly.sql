-- mine_landcover_yearly: area of each class in each mine and calendar year.
--
-- Grain:   one row per mine_id, year, code with any area.
-- Reads:   core.landcover_area, core.landcover_year_weight.
-- Caveat:  between epochs areas change evenly from year to year. Where an epoch has no data for a pixel,
--          the years next to it count what the other epoch shows, by its weight.
-- Method:  docs/methods.md#years-between-epochs (Xu et al. 2025, section 2.2)
CREATE OR REPLACE VIEW mine_landcover_yearly AS
WITH between_epochs AS (
    SELECT
        area.mine_id,
        weighted.year,
        area.code,
        sum(area.area_km2 * weighted.weight) AS area_km2
    FROM core.landcover_area AS area
    INNER JOIN core.landcover_year_weight AS weighted ON area.year = weighted.epoch_year
    WHERE weighted.is_interpolated
    GROUP BY area.mine_id, weighted.year, area.code
)

SELECT
    mine_id,
    year,
    code,
    area_km2,
    FALSE AS is_interpolated
FROM core.landcover_area
UNION ALL
SELECT
    mine_id,
    year,
    code,
    area_km2,
    TRUE AS is_interpolated
FROM between_epochs;

COMMENT ON VIEW mine_landcover_yearly IS 'Area of each class in each mine and calendar year.';
COMMENT ON COLUMN mine_landcover_yearly.mine_id IS 'Id of the mine.';
COMMENT ON COLUMN mine_landcover_yearly.year IS 'Calendar year.';
COMMENT ON COLUMN mine_landcover_yearly.code IS 'Code of the class.';
COMMENT ON COLUMN mine_landcover_yearly.area_km2 IS 'Area, km2, on the WGS84 ellipsoid.';
COMMENT ON COLUMN mine_landcover_yearly.is_interpolated IS 'Whether there is no map of that year.';
