-- core.footprint_outline: predicted polygons with a number each and their area.
--
-- Grain:   one row per footprint_id.
-- Reads:   raw.footprint.
-- Stored:  yes, three spatial joins start here.
-- Method:  docs/methods.md#segmentation
CREATE OR REPLACE VIEW core.footprint_outline AS
SELECT
    footprint_id,
    (md5_number_lower(footprint_id) >> 2)::BIGINT AS footprint_key,
    year,
    site_id,
    dataset,
    mean_probability,
    core.area_km2(geometry) AS area_km2,
    geometry
FROM raw.footprint
ORDER BY footprint_id;

COMMENT ON VIEW core.footprint_outline IS 'Predicted polygons with a number each and their area.';
COMMENT ON COLUMN core.footprint_outline.footprint_id IS 'Id of the polygon in its yearly table.';
COMMENT ON COLUMN core.footprint_outline.footprint_key IS 'Number made from the id, below 2^62.';
COMMENT ON COLUMN core.footprint_outline.year IS 'Year.';
COMMENT ON COLUMN core.footprint_outline.site_id IS 'Id of the site; NULL for footprints made elsewhere.';
COMMENT ON COLUMN core.footprint_outline.dataset IS 'segmentation, or the name of the footprint source.';
COMMENT ON COLUMN core.footprint_outline.mean_probability IS 'Mean probability of mine inside, 0-1.';
COMMENT ON COLUMN core.footprint_outline.area_km2 IS 'Area, km2, on the WGS84 ellipsoid.';
COMMENT ON COLUMN core.footprint_outline.geometry IS 'Polygon, EPSG:4326.';
