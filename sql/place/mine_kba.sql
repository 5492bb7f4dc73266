-- core.mine_kba: the part of each mine that lies in any Key Biodiversity Area, counted once.
--
-- Grain:   one row per mine_id that reaches into one.
-- Reads:   core.mine_kba_overlap.
-- Stored:  yes.
-- Method:  docs/methods.md#key-biodiversity-areas (Xu et al. 2025, section 3.1)
CREATE OR REPLACE VIEW core.mine_kba AS
WITH united AS (
    SELECT
        mine_id,
        count(*) AS n_kbas,
        CASE
            WHEN count(*) = 1 THEN any_value(geometry)
            ELSE ST_Union_Agg(geometry ORDER BY kba_id)
        END AS geometry
    FROM core.mine_kba_overlap
    GROUP BY mine_id
)

SELECT
    mine_id,
    n_kbas,
    core.area_km2(geometry) AS area_km2,
    geometry
FROM united
ORDER BY mine_id;

COMMENT ON VIEW core.mine_kba IS
'The part of each mine that lies in any Key Biodiversity Area, counted once.';
COMMENT ON COLUMN core.mine_kba.mine_id IS 'Id of the mine.';
COMMENT ON COLUMN core.mine_kba.n_kbas IS 'Number of areas it reaches into.';
COMMENT ON COLUMN core.mine_kba.area_km2 IS 'Area inside, km2, on the WGS84 ellipsoid.';
COMMENT ON COLUMN core.mine_kba.geometry IS 'The part inside, EPSG:4326.';
