-- mine_attribute: what points and polygons of other data sets tell of each mine.
--
-- Grain:   one row per mine_id, source, feature_id.
-- Reads:   core.attribute_match, raw.attribute_feature.
-- Caveat:  many to many: a mine may have several features, and a polygon several mines. mine.name and mine.commodity
--          are of the best match.
-- Method:  docs/methods.md#attributes
CREATE OR REPLACE VIEW mine_attribute AS
SELECT
    attribute_match.mine_id,
    attribute_match.source,
    attribute_match.feature_id,
    attribute_match.match,
    attribute_match.distance_km,
    feature.name,
    feature.commodity,
    feature.operator,
    feature.properties::VARCHAR AS properties
FROM core.attribute_match
INNER JOIN raw.attribute_feature AS feature
    ON attribute_match.source = feature.source AND attribute_match.feature_id = feature.feature_id
ORDER BY
    attribute_match.mine_id, attribute_match.match, attribute_match.distance_km, feature.source_number,
    attribute_match.feature_id;

COMMENT ON VIEW mine_attribute IS 'What points and polygons of other data sets tell of each mine.';
COMMENT ON COLUMN mine_attribute.mine_id IS 'Id of the mine.';
COMMENT ON COLUMN mine_attribute.source IS 'Name of the source in the project file.';
COMMENT ON COLUMN mine_attribute.feature_id IS 'Id of the feature in its source.';
COMMENT ON COLUMN mine_attribute.match IS 'inside (also: shares ground), or nearest.';
COMMENT ON COLUMN mine_attribute.distance_km IS 'Distance from the feature to the mine, km; 0 inside.';
COMMENT ON COLUMN mine_attribute.name IS 'Name of the mine or facility.';
COMMENT ON COLUMN mine_attribute.commodity IS 'Commodities as published.';
COMMENT ON COLUMN mine_attribute.operator IS 'Operator or owner as published.';
COMMENT ON COLUMN mine_attribute.properties IS 'The feature''s columns as published, one JSON object.';
