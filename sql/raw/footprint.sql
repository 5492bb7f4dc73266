-- footprint: the outlines of all yearly tables segmentation.mine_YYYY, as they were written.
--
-- Grain:   one row per footprint_id.
-- Reads:   nothing; a project with years replaces this empty view by one over its yearly tables.
CREATE OR REPLACE VIEW raw.footprint AS
SELECT
    NULL::VARCHAR AS footprint_id,
    NULL::INTEGER AS year,
    NULL::VARCHAR AS site_id,
    NULL::VARCHAR AS dataset,
    NULL::VARCHAR AS model_id,
    NULL::DOUBLE AS threshold,
    NULL::DOUBLE AS mean_probability,
    NULL::DOUBLE AS reported_km2,
    NULL::GEOMETRY AS geometry
WHERE FALSE;

COMMENT ON VIEW raw.footprint IS
'The polygons of all yearly tables segmentation.mine_YYYY, as they were written.';
COMMENT ON COLUMN raw.footprint.footprint_id IS 'Id of the polygon.';
COMMENT ON COLUMN raw.footprint.year IS 'Year.';
COMMENT ON COLUMN raw.footprint.site_id IS 'Id of the site; NULL for footprints made elsewhere.';
COMMENT ON COLUMN raw.footprint.dataset IS
'segmentation for this project''s model, else the name of the footprint source.';
COMMENT ON COLUMN raw.footprint.model_id IS 'Name and hash of the model; the source''s name elsewhere.';
COMMENT ON COLUMN raw.footprint.threshold IS 'Probability from which a pixel is mine, 0-1.';
COMMENT ON COLUMN raw.footprint.mean_probability IS 'Mean probability of mine inside, 0-1.';
COMMENT ON COLUMN raw.footprint.reported_km2 IS
'Area of the mine as its publisher reports it beside the outline, km2; NULL where none is reported.';
COMMENT ON COLUMN raw.footprint.geometry IS 'Polygon, EPSG:4326.';
