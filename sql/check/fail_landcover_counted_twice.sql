-- fail_landcover_counted_twice: The pixels of a mine cover more than the mine.
--
-- Reads:   raw.landcover_coverage, core.mine.
-- Caveat:  edges are straight in degrees here and geodesic in core.mine: one degree long, they differ by 0.2 %.
SELECT
    mine.mine_id,
    mine.area_km2,
    coverage.tile_km2
FROM raw.landcover_coverage AS coverage
INNER JOIN core.mine ON coverage.mine_id = mine.mine_id
WHERE coverage.tile_km2 > mine.area_km2 * 1.01 + 1e-6;
