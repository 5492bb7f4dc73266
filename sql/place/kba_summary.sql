-- kba_summary: mines inside each Key Biodiversity Area (or protected area given).
--
-- Grain:   one row per area that holds mine area.
-- Reads:   core.mine_kba_overlap, raw.protected_area.
-- Caveat:  areas that overlap each other each count what they hold.
-- Method:  docs/methods.md#key-biodiversity-areas (Xu et al. 2025, section 3.1)
CREATE OR REPLACE VIEW kba_summary AS
WITH named AS (
    SELECT
        source_id AS kba_id,
        any_value(kba_name) AS kba_name
    FROM raw.protected_area
    GROUP BY source_id
)

SELECT
    overlap.kba_id,
    named.kba_name,
    count(*) AS n_mines,
    core.order_free_sum(overlap.area_km2) AS area_km2
FROM core.mine_kba_overlap AS overlap
INNER JOIN named ON overlap.kba_id = named.kba_id
GROUP BY overlap.kba_id, named.kba_name
ORDER BY area_km2 DESC, overlap.kba_id ASC;

COMMENT ON VIEW kba_summary IS 'Mines inside each Key Biodiversity Area (or protected area given).';
COMMENT ON COLUMN kba_summary.kba_id IS 'Id of the area in its source.';
COMMENT ON COLUMN kba_summary.kba_name IS 'Name of the area.';
COMMENT ON COLUMN kba_summary.n_mines IS 'Number of mines that share area with it.';
COMMENT ON COLUMN kba_summary.area_km2 IS 'Mine area inside, km2, on the WGS84 ellipsoid.';
