-- core.new_site_ground: the ground of the mines that were found where no site was known, all years together.
--
-- Grain:   one row per new_site_id.
-- Reads:   core.footprint_placed.
-- Stored:  yes, unites outlines.
-- Method:  docs/methods.md#beyond-known-sites
CREATE OR REPLACE VIEW core.new_site_ground AS
WITH united AS (
    SELECT unnest(ST_Dump(ST_CollectionExtract(ST_Union_Agg(geometry ORDER BY footprint_id), 3))) AS part
    FROM core.footprint_placed
    WHERE is_new_site AND is_main_threshold AND is_continuous IS DISTINCT FROM FALSE
)

SELECT
    core.content_id('n', ST_Normalize(part.geom)) AS new_site_id,
    core.area_km2(part.geom) AS area_km2,
    ST_Normalize(part.geom) AS geometry
FROM united
WHERE NOT ST_IsEmpty(part.geom)
ORDER BY new_site_id;

COMMENT ON VIEW core.new_site_ground IS
'The ground of the mines that were found where no site was known, all years together.';
COMMENT ON COLUMN core.new_site_ground.new_site_id IS 'Id of the new site, made from its ground.';
COMMENT ON COLUMN core.new_site_ground.area_km2 IS 'Area, km2, on the WGS84 ellipsoid.';
COMMENT ON COLUMN core.new_site_ground.geometry IS 'Polygon, EPSG:4326.';
