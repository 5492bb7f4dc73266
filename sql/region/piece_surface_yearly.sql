-- core.piece_surface_yearly: mine-related area of each piece of a mine, by calendar year.
--
-- Grain:   one row per piece_id, year with a map, or between two that follow each other.
-- Reads:   core.piece_surface, core.landcover_year_weight.
-- Caveat:  between epochs areas change evenly from year to year. A sum has two terms at most, so no order changes it.
-- Method:  docs/methods.md#years-between-epochs (Xu et al. 2025, section 2.2)
CREATE OR REPLACE VIEW core.piece_surface_yearly AS
SELECT
    surface.piece_id,
    weighted.year,
    sum(surface.known_km2 * weighted.weight) AS known_km2,
    sum(surface.mine_related_km2 * weighted.weight) AS mine_related_km2
FROM core.piece_surface AS surface
INNER JOIN core.landcover_year_weight AS weighted ON surface.year = weighted.epoch_year
GROUP BY surface.piece_id, weighted.year
-- Weights of a year add up to 1: where a piece lacks one of its two epochs nothing is known between them.
HAVING sum(weighted.weight) > 1 - 1e-9;

COMMENT ON VIEW core.piece_surface_yearly IS 'Mine-related area of each piece of a mine, by calendar year.';
COMMENT ON COLUMN core.piece_surface_yearly.piece_id IS 'Id of the piece.';
COMMENT ON COLUMN core.piece_surface_yearly.year IS 'Calendar year.';
COMMENT ON COLUMN core.piece_surface_yearly.known_km2 IS 'Area with data, km2, on the WGS84 ellipsoid.';
COMMENT ON COLUMN core.piece_surface_yearly.mine_related_km2 IS
'Area of mine-related classes, km2, on the WGS84 ellipsoid.';
