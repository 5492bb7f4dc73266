-- protected_summary: mines inside each Key Biodiversity Area (or protected area given).
--
-- Grain:   one row per area that holds mine area.
-- Reads:   core.mine_place, raw.protected_area.
-- Layers:  protected.
-- Caveat:  areas that overlap each other each count what they hold.
-- Method:  docs/methods.md#key-biodiversity-areas (Xu et al. 2025, section 3.1)
CREATE OR REPLACE VIEW protected_summary AS
WITH named AS (
    SELECT
        source_id AS protected_id,
        any_value(protected_name) AS protected_name
    FROM raw.protected_area
    GROUP BY source_id
)

SELECT
    mine_place.region_id AS protected_id,
    named.protected_name,
    count(*) AS n_mines,
    core.reproducible_sum(mine_place.area_km2) AS area_km2
FROM core.mine_place
INNER JOIN named ON mine_place.region_id = named.protected_id
WHERE mine_place.layer = 'protected'
GROUP BY mine_place.region_id, named.protected_name
ORDER BY area_km2 DESC, protected_id ASC;

COMMENT ON VIEW protected_summary IS 'Mines inside each Key Biodiversity Area (or protected area given).';
COMMENT ON COLUMN protected_summary.protected_id IS 'Id of the area in its source.';
COMMENT ON COLUMN protected_summary.protected_name IS 'Name of the area.';
COMMENT ON COLUMN protected_summary.n_mines IS 'Number of mines that share area with it.';
COMMENT ON COLUMN protected_summary.area_km2 IS 'Mine area inside, km2, on the WGS84 ellipsoid.';
