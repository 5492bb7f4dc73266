-- region_status: number and area of active, closed and undefined mines in every region.
--
-- Grain:   one row per layer, region_id, status that occurs.
-- Reads:   mine_status, core.mine_place, core.region_shape.
-- Caveat:  a mine counts in every region that it shares area with; areas are those inside the region.
-- Method:  docs/methods.md#regions
CREATE OR REPLACE VIEW region_status AS
WITH counted AS (
    SELECT
        place.layer,
        place.region_id,
        mine_status.status,
        count(*) AS n_mines,
        core.reproducible_sum(place.area_km2) AS mine_area_km2
    FROM core.mine_place AS place
    INNER JOIN mine_status ON place.mine_id = mine_status.mine_id
    GROUP BY place.layer, place.region_id, mine_status.status
)

SELECT
    counted.layer,
    counted.region_id,
    region.region_name,
    counted.status,
    counted.n_mines,
    counted.n_mines / sum(counted.n_mines) OVER region_row AS n_share,
    counted.mine_area_km2,
    counted.mine_area_km2 / sum(counted.mine_area_km2) OVER region_row AS area_share
FROM counted
INNER JOIN core.region_shape AS region
    ON counted.layer = region.layer AND counted.region_id = region.region_id
WINDOW
    region_row AS (
        PARTITION BY counted.layer, counted.region_id ORDER BY counted.status
        ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
    )
ORDER BY counted.layer, counted.region_id, counted.status;

COMMENT ON VIEW region_status IS 'Number and area of active, closed and undefined mines in every region.';
COMMENT ON COLUMN region_status.layer IS 'Region layer.';
COMMENT ON COLUMN region_status.region_id IS 'Id of the region in its layer.';
COMMENT ON COLUMN region_status.region_name IS 'Name of the region; its id where it has none.';
COMMENT ON COLUMN region_status.status IS 'active, closed or undefined.';
COMMENT ON COLUMN region_status.n_mines IS 'Number of mines that share area with the region.';
COMMENT ON COLUMN region_status.n_share IS 'That number divided by the region''s mines with a status, 0-1.';
COMMENT ON COLUMN region_status.mine_area_km2 IS 'Their area there, km2, on the WGS84 ellipsoid.';
COMMENT ON COLUMN region_status.area_share IS 'That area divided by the region''s mine area with a status, 0-1.';
