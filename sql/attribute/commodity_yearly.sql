-- commodity_yearly: bare surface, development and reclamation of mines by commodity and year.
--
-- Grain:   one row per commodity and year of which land cover is known.
-- Reads:   core.mine_commodity, mine_bare_surface, mine_disturbance_yearly, core.region_calendar.
-- Caveat:  a mine of several commodities counts whole for each of them: rows do not add up.
-- Method:  docs/methods.md#attributes
CREATE OR REPLACE VIEW commodity_yearly AS
WITH disturbance AS (
    SELECT
        mine_id,
        year,
        core.reproducible_sum(developed_km2) AS developed_km2,
        core.reproducible_sum(reclaimed_km2) AS reclaimed_km2
    FROM mine_disturbance_yearly
    WHERE is_in_totals AND mine_id IN (SELECT mine_commodity.mine_id FROM core.mine_commodity)
    GROUP BY mine_id, year
)

SELECT
    mine_commodity.commodity,
    surface.year,
    core.reproducible_sum(surface.known_km2) AS known_km2,
    core.reproducible_sum(surface.mine_related_km2) AS mine_related_km2,
    CASE
        WHEN any_value(calendar.has_change) THEN coalesce(core.reproducible_sum(disturbance.developed_km2), 0)
    END AS developed_km2,
    CASE
        WHEN any_value(calendar.has_change) THEN coalesce(core.reproducible_sum(disturbance.reclaimed_km2), 0)
    END AS reclaimed_km2
FROM core.mine_commodity
INNER JOIN mine_bare_surface AS surface ON mine_commodity.mine_id = surface.mine_id
INNER JOIN core.region_calendar AS calendar ON surface.year = calendar.year
LEFT JOIN disturbance
    ON surface.mine_id = disturbance.mine_id AND surface.year = disturbance.year
WHERE calendar.has_surface
GROUP BY mine_commodity.commodity, surface.year
ORDER BY mine_commodity.commodity, surface.year;

COMMENT ON VIEW commodity_yearly IS
'Bare surface, development and reclamation of mines by commodity and year.';
COMMENT ON COLUMN commodity_yearly.commodity IS 'Commodity in lower case.';
COMMENT ON COLUMN commodity_yearly.year IS 'Calendar year.';
COMMENT ON COLUMN commodity_yearly.known_km2 IS 'Mine area with land cover in that year, km2.';
COMMENT ON COLUMN commodity_yearly.mine_related_km2 IS 'Area of mine-related classes in those mines, km2.';
COMMENT ON COLUMN commodity_yearly.developed_km2 IS
'Area from vegetated to mine-related in that year, km2; NULL where unknown.';
COMMENT ON COLUMN commodity_yearly.reclaimed_km2 IS
'Area from mine-related to vegetated in that year, km2; NULL where unknown.';
