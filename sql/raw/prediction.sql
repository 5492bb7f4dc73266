-- prediction: the polygons of all yearly tables segmentation.mine_YYYY, as they were written.
--
-- Grain:   one row per prediction_id.
-- Reads:   nothing; a project with years replaces this empty view by one over its yearly tables.
CREATE OR REPLACE VIEW raw.prediction AS
SELECT
    NULL::VARCHAR AS prediction_id,
    NULL::INTEGER AS year,
    NULL::VARCHAR AS site_id,
    NULL::VARCHAR AS dataset,
    NULL::VARCHAR AS model_id,
    NULL::DOUBLE AS threshold,
    NULL::DOUBLE AS mean_probability,
    NULL::GEOMETRY AS geometry
WHERE FALSE;

COMMENT ON VIEW raw.prediction IS
'The polygons of all yearly tables segmentation.mine_YYYY, as they were written.';
COMMENT ON COLUMN raw.prediction.prediction_id IS 'Id of the polygon.';
COMMENT ON COLUMN raw.prediction.year IS 'Year.';
COMMENT ON COLUMN raw.prediction.site_id IS 'Id of the site; NULL for footprints made elsewhere.';
COMMENT ON COLUMN raw.prediction.dataset IS
'segmentation for this project''s model, else the name of the footprint source.';
COMMENT ON COLUMN raw.prediction.model_id IS 'Name and hash of the model; the source''s name elsewhere.';
COMMENT ON COLUMN raw.prediction.threshold IS 'Probability from which a pixel is mine, 0-1.';
COMMENT ON COLUMN raw.prediction.mean_probability IS 'Mean probability of mine inside, 0-1.';
COMMENT ON COLUMN raw.prediction.geometry IS 'Polygon, EPSG:4326.';
