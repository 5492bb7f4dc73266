-- core.prediction: predicted polygons with a number each and their area.
--
-- Grain:   one row per prediction_id.
-- Reads:   raw.prediction.
-- Stored:  yes, three spatial joins start here.
-- Method:  docs/methods.md#segmentation
CREATE OR REPLACE VIEW core.prediction AS
SELECT
    prediction_id,
    (md5_number_lower(prediction_id) >> 2)::BIGINT AS prediction_key,
    year,
    site_id,
    dataset,
    mean_probability,
    core.area_km2(geometry) AS area_km2,
    geometry
FROM raw.prediction
ORDER BY prediction_id;

COMMENT ON VIEW core.prediction IS 'Predicted polygons with a number each and their area.';
COMMENT ON COLUMN core.prediction.prediction_id IS 'Id of the polygon in its yearly table.';
COMMENT ON COLUMN core.prediction.prediction_key IS 'Number made from the id, below 2^62.';
COMMENT ON COLUMN core.prediction.year IS 'Year.';
COMMENT ON COLUMN core.prediction.site_id IS 'Id of the site; NULL for footprints made elsewhere.';
COMMENT ON COLUMN core.prediction.dataset IS 'segmentation, or the name of the footprint source.';
COMMENT ON COLUMN core.prediction.mean_probability IS 'Mean probability of mine inside, 0-1.';
COMMENT ON COLUMN core.prediction.area_km2 IS 'Area, km2, on the WGS84 ellipsoid.';
COMMENT ON COLUMN core.prediction.geometry IS 'Polygon, EPSG:4326.';
