-- core.attribute_inside: features that lie in mines, or share ground with them.
--
-- Grain:   one row per source, feature_id, mine_id.
-- Reads:   raw.attribute_feature, core.mine.
-- Stored:  yes, one spatial join.
-- Method:  docs/methods.md#attributes
CREATE OR REPLACE VIEW core.attribute_inside AS
SELECT
    feature.source,
    feature.feature_id,
    mine.mine_id
FROM raw.attribute_feature AS feature
INNER JOIN core.mine
    ON ST_Intersects(feature.geometry, mine.geometry)
ORDER BY feature.source, feature.feature_id, mine.mine_id;

COMMENT ON VIEW core.attribute_inside IS 'Features that lie in mines, or share ground with them.';
COMMENT ON COLUMN core.attribute_inside.source IS 'Name of the source in the project file.';
COMMENT ON COLUMN core.attribute_inside.feature_id IS 'Id of the feature in its source.';
COMMENT ON COLUMN core.attribute_inside.mine_id IS 'Id of the mine.';
