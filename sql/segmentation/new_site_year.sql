-- core.new_site_year: the footprint polygons of each new site.
--
-- Grain:   one row per new_site_id, footprint_id.
-- Reads:   core.new_site_ground, core.footprint_placed.
-- Stored:  yes, one spatial join.
-- Method:  docs/methods.md#beyond-known-sites
CREATE OR REPLACE VIEW core.new_site_year AS
SELECT
    ground.new_site_id,
    footprint.footprint_id,
    footprint.year,
    footprint.iso3,
    footprint.country,
    footprint.area_km2,
    footprint.mean_probability
FROM core.new_site_ground AS ground
INNER JOIN core.footprint_placed AS footprint
    ON ST_Intersects(ground.geometry, footprint.geometry)
WHERE
    footprint.is_new_site
    AND footprint.is_main_threshold
    AND footprint.is_continuous IS DISTINCT FROM FALSE
ORDER BY ground.new_site_id, footprint.footprint_id;

COMMENT ON VIEW core.new_site_year IS 'The footprint polygons of each new site.';
COMMENT ON COLUMN core.new_site_year.new_site_id IS 'Id of the new site.';
COMMENT ON COLUMN core.new_site_year.footprint_id IS 'Id of the polygon.';
COMMENT ON COLUMN core.new_site_year.year IS 'Year.';
COMMENT ON COLUMN core.new_site_year.iso3 IS 'Three-letter code of its country.';
COMMENT ON COLUMN core.new_site_year.country IS 'Name of its country.';
COMMENT ON COLUMN core.new_site_year.area_km2 IS 'Area, km2, on the WGS84 ellipsoid.';
COMMENT ON COLUMN core.new_site_year.mean_probability IS 'Mean probability of mine inside, 0-1.';
