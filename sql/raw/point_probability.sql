-- point_probability: probability of mine at the labelled points, from the model.
--
-- Grain:   one row per point_id and site_id whose square holds the point, in the point's year.
-- Reads:   nothing; loaders fill it.
CREATE TABLE raw.point_probability (
    point_id VARCHAR NOT NULL,
    site_id VARCHAR NOT NULL,
    probability DOUBLE NOT NULL
);

COMMENT ON TABLE raw.point_probability IS 'Probability of mine at the labelled points, from the model.';
COMMENT ON COLUMN raw.point_probability.point_id IS 'Id of the point.';
COMMENT ON COLUMN raw.point_probability.site_id IS 'Id of the site.';
COMMENT ON COLUMN raw.point_probability.probability IS 'Probability of mine at the point, 0-1.';
