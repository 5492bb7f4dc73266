-- new_site: mines found where no site was known.
--
-- Grain:   one row per new_site_id: ground of all years that hangs together.
-- Reads:   core.new_site_ground, core.new_site_year.
-- Caveat:  at the main threshold, after the continuity rule. To segment them every year with a square of their own, add
--          them to the polygons: quarry export --view new_site.
-- Method:  docs/methods.md#beyond-known-sites
CREATE OR REPLACE VIEW new_site AS
SELECT
    ground.new_site_id,
    arg_min(seen.iso3, (-seen.area_km2, seen.footprint_id)) AS iso3,
    arg_min(seen.country, (-seen.area_km2, seen.footprint_id)) AS country,
    min(seen.year) AS first_year,
    max(seen.year) AS last_year,
    count(DISTINCT seen.year) AS n_years,
    any_value(ground.area_km2) AS area_km2,
    core.reproducible_sum(seen.mean_probability * seen.area_km2)
    / core.reproducible_sum(CASE WHEN seen.mean_probability IS NOT NULL THEN seen.area_km2 END)
        AS mean_probability,
    any_value(ground.geometry) AS geometry
FROM core.new_site_ground AS ground
INNER JOIN core.new_site_year AS seen ON ground.new_site_id = seen.new_site_id
GROUP BY ground.new_site_id;

COMMENT ON VIEW new_site IS 'Mines found where no site was known.';
COMMENT ON COLUMN new_site.new_site_id IS 'Id, made from its ground.';
COMMENT ON COLUMN new_site.iso3 IS 'Three-letter code of the country of its largest polygon; NULL outside all.';
COMMENT ON COLUMN new_site.country IS 'Name of that country.';
COMMENT ON COLUMN new_site.first_year IS 'First year in which it was found.';
COMMENT ON COLUMN new_site.last_year IS 'Last year in which it was found.';
COMMENT ON COLUMN new_site.n_years IS 'Number of years in which it was found.';
COMMENT ON COLUMN new_site.area_km2 IS 'Area of its ground in any year, km2, on the WGS84 ellipsoid.';
COMMENT ON COLUMN new_site.mean_probability IS 'Mean probability of mine inside, over years and area, 0-1.';
COMMENT ON COLUMN new_site.geometry IS 'Ground in any year, EPSG:4326.';
