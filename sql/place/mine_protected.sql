-- core.mine_protected: the part of each mine that lies in any Key Biodiversity Area, counted once.
--
-- Grain:   one row per mine_id that reaches into one.
-- Reads:   core.mine_protected_overlap.
-- Stored:  yes.
-- Method:  docs/methods.md#key-biodiversity-areas (Xu et al. 2025, section 3.1)
CREATE OR REPLACE VIEW core.mine_protected AS
WITH united AS (
    SELECT
        mine_id,
        count(*) AS n_protected_areas,
        CASE
            WHEN count(*) = 1 THEN any_value(geometry)
            ELSE ST_Union_Agg(geometry ORDER BY protected_id)
        END AS geometry
    FROM core.mine_protected_overlap
    GROUP BY mine_id
)

SELECT
    mine_id,
    n_protected_areas,
    core.area_km2(geometry) AS area_km2,
    geometry
FROM united
ORDER BY mine_id;

COMMENT ON VIEW core.mine_protected IS
'The part of each mine that lies in any Key Biodiversity Area, counted once.';
COMMENT ON COLUMN core.mine_protected.mine_id IS 'Id of the mine.';
COMMENT ON COLUMN core.mine_protected.n_protected_areas IS 'Number of areas it reaches into.';
COMMENT ON COLUMN core.mine_protected.area_km2 IS 'Area inside, km2, on the WGS84 ellipsoid.';
COMMENT ON COLUMN core.mine_protected.geometry IS 'The part inside, EPSG:4326.';
