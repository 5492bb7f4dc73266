-- core.new_site_ground: the ground of the mines that were found where no site was known, all years together.
--
-- Grain:   one row per new_site_id.
-- Reads:   core.new_site_component, core.footprint_placed, parameter.
-- Stored:  yes, the union runs component by component.
-- Caveat:  a component whose members meet in points only falls into parts, each a site.
-- Method:  docs/methods.md#beyond-known-sites
CREATE OR REPLACE VIEW core.new_site_ground AS
WITH member AS (
    SELECT
        component.component_key,
        footprint.footprint_id AS order_key,
        footprint.geometry,
        parameter.union_snap_degrees AS snap_degrees,
        count(*) OVER (PARTITION BY component.component_key) AS n_members
    FROM core.new_site_component AS component
    INNER JOIN core.footprint_placed AS footprint ON component.footprint_id = footprint.footprint_id
    CROSS JOIN main.parameter
),

ground AS (
    SELECT geometry
    FROM core.union_of('member')

    UNION ALL

    SELECT geometry
    FROM member
    WHERE n_members = 1
),

part AS (
    SELECT unnest(ST_Dump(ST_CollectionExtract(geometry, 3))) AS piece
    FROM ground
)

SELECT
    core.content_id('n', ST_Normalize(piece.geom)) AS new_site_id,
    core.area_km2(piece.geom) AS area_km2,
    ST_Normalize(piece.geom) AS geometry
FROM part
WHERE NOT ST_IsEmpty(piece.geom)
ORDER BY new_site_id;

COMMENT ON VIEW core.new_site_ground IS
'The ground of the mines that were found where no site was known, all years together.';
COMMENT ON COLUMN core.new_site_ground.new_site_id IS 'Id of the new site, made from its ground.';
COMMENT ON COLUMN core.new_site_ground.area_km2 IS 'Area, km2, on the WGS84 ellipsoid.';
COMMENT ON COLUMN core.new_site_ground.geometry IS 'Polygon, EPSG:4326.';
