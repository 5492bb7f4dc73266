-- core.mine_protected: how much of each mine lies in any Key Biodiversity Area, counted once.
--
-- Grain:   one row per mine_id that reaches into one.
-- Reads:   core.mine_piece_region.
-- Layers:  protected.
-- Stored:  yes, six public views join it.
-- Method:  docs/methods.md#key-biodiversity-areas (Xu et al. 2025, section 3.1)
CREATE OR REPLACE VIEW core.mine_protected AS
WITH piece AS (
    SELECT
        mine_id,
        piece_id,
        any_value(area_km2) AS area_km2,
        list(region_id) AS protected_ids
    FROM core.mine_piece_region
    WHERE layer = 'protected'
    GROUP BY mine_id, piece_id
)

SELECT
    mine_id,
    len(list_distinct(flatten(list(protected_ids)))) AS n_protected_areas,
    core.reproducible_sum(area_km2) AS area_km2
FROM piece
GROUP BY mine_id
ORDER BY mine_id;

COMMENT ON VIEW core.mine_protected IS
'How much of each mine lies in any Key Biodiversity Area, counted once.';
COMMENT ON COLUMN core.mine_protected.mine_id IS 'Id of the mine.';
COMMENT ON COLUMN core.mine_protected.n_protected_areas IS 'Number of areas that it shares ground with.';
COMMENT ON COLUMN core.mine_protected.area_km2 IS 'Area inside any of them, km2, on the WGS84 ellipsoid.';
