-- commodity_yearly: bare surface, development and reclamation of mines by commodity and year.
--
-- Grain:   one row per commodity and year of which land cover is known.
-- Reads:   core.mine_commodity, core.mine_piece, core.piece_surface_yearly, core.piece_disturbance_yearly,
--          core.region_calendar.
-- Caveat:  a mine of several commodities counts whole for each of them: rows do not add up.
-- Method:  docs/methods.md#attributes
CREATE OR REPLACE VIEW commodity_yearly AS
SELECT
    mine_commodity.commodity,
    surface.year,
    sum(round(surface.known_km2 * 1e12)::BIGINT)::DOUBLE / 1e12 AS known_km2,
    sum(round(surface.mine_related_km2 * 1e12)::BIGINT)::DOUBLE / 1e12 AS mine_related_km2,
    CASE
        WHEN any_value(calendar.has_change)
            THEN coalesce(sum(round(disturbance.developed_km2 * 1e12)::BIGINT), 0)::DOUBLE / 1e12
    END AS developed_km2,
    CASE
        WHEN any_value(calendar.has_change)
            THEN coalesce(sum(round(disturbance.reclaimed_km2 * 1e12)::BIGINT), 0)::DOUBLE / 1e12
    END AS reclaimed_km2
FROM core.mine_commodity
INNER JOIN core.mine_piece ON mine_commodity.mine_id = mine_piece.mine_id
INNER JOIN core.piece_surface_yearly AS surface ON mine_piece.piece_id = surface.piece_id
INNER JOIN core.region_calendar AS calendar ON surface.year = calendar.year
LEFT JOIN core.piece_disturbance_yearly AS disturbance
    ON surface.piece_id = disturbance.piece_id AND surface.year = disturbance.year
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
