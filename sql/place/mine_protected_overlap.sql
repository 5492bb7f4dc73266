-- core.mine_protected_overlap: where each mine overlaps each Key Biodiversity Area.
--
-- Grain:   one row per mine_id, protected_id, only where they share area.
-- Reads:   core.mine, raw.protected_area.
-- Stored:  yes, one spatial join and an intersection where a mine crosses an area's edge.
-- Method:  docs/methods.md#key-biodiversity-areas (Xu et al. 2025, section 3.1)
CREATE OR REPLACE VIEW core.mine_protected_overlap AS
WITH overlap AS (
    SELECT
        mine.mine_id,
        protected_area.source_id AS protected_id,
        protected_area.part,
        CASE
            WHEN ST_Contains(protected_area.geometry, mine.geometry) THEN mine.geometry
            ELSE ST_CollectionExtract(ST_Intersection(mine.geometry, protected_area.geometry), 3)
        END AS geometry
    FROM core.mine
    INNER JOIN raw.protected_area
        ON ST_Intersects(mine.geometry, protected_area.geometry)
),

united AS (
    SELECT
        mine_id,
        protected_id,
        CASE
            WHEN count(*) = 1 THEN any_value(geometry)
            ELSE ST_Union_Agg(geometry ORDER BY part)
        END AS geometry
    FROM overlap
    WHERE NOT ST_IsEmpty(geometry) AND ST_Area(geometry) > 0
    GROUP BY mine_id, protected_id
)

SELECT
    mine_id,
    protected_id,
    core.area_km2(geometry) AS area_km2,
    geometry
FROM united
ORDER BY mine_id, protected_id;

COMMENT ON VIEW core.mine_protected_overlap IS 'Where each mine overlaps each Key Biodiversity Area.';
COMMENT ON COLUMN core.mine_protected_overlap.mine_id IS 'Id of the mine.';
COMMENT ON COLUMN core.mine_protected_overlap.protected_id IS 'Id of the area in its source.';
COMMENT ON COLUMN core.mine_protected_overlap.area_km2 IS 'Area in common, km2, on the WGS84 ellipsoid.';
COMMENT ON COLUMN core.mine_protected_overlap.geometry IS 'What they have in common, EPSG:4326.';
