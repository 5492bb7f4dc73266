-- core.footprint_known: footprint polygons that meet the square of a known site.
--
-- Grain:   one row per footprint_id.
-- Reads:   core.footprint_united, core.site.
-- Stored:  yes, one spatial join.
-- Method:  docs/methods.md#beyond-known-sites
CREATE OR REPLACE VIEW core.footprint_known AS
SELECT DISTINCT footprint_united.footprint_id
FROM core.footprint_united
INNER JOIN core.site ON ST_Intersects(footprint_united.geometry, site.geometry)
WHERE site.mine_id IS NOT NULL
ORDER BY footprint_united.footprint_id;

COMMENT ON VIEW core.footprint_known IS 'Footprint polygons that meet the square of a known site.';
COMMENT ON COLUMN core.footprint_known.footprint_id IS 'Id of the polygon.';
