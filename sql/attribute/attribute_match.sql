-- core.attribute_match: which mines each feature tells of: those it lies in, else the nearest one near enough.
--
-- Grain:   one row per source, feature_id, mine_id.
-- Reads:   core.attribute_inside, core.attribute_near, raw.attribute_feature.
-- Stored:  yes, the names of mines join it.
-- Method:  docs/methods.md#attributes
CREATE OR REPLACE VIEW core.attribute_match AS
WITH nearest AS (
    SELECT
        near.source,
        near.feature_id,
        arg_min(near.mine_id, (near.distance_km, near.mine_id)) AS mine_id,
        min(near.distance_km) AS distance_km
    FROM core.attribute_near AS near
    INNER JOIN raw.attribute_feature AS feature
        ON near.source = feature.source AND near.feature_id = feature.feature_id
    WHERE near.distance_km <= feature.within_km
    GROUP BY near.source, near.feature_id
)

SELECT
    source,
    feature_id,
    mine_id,
    'inside' AS match,
    0.0::DOUBLE AS distance_km
FROM core.attribute_inside

UNION ALL

SELECT
    source,
    feature_id,
    mine_id,
    'nearest' AS match,
    distance_km
FROM nearest
ORDER BY mine_id, source, feature_id;

COMMENT ON VIEW core.attribute_match IS
'Which mines each feature tells of: those it lies in, else the nearest one near enough.';
COMMENT ON COLUMN core.attribute_match.source IS 'Name of the source in the project file.';
COMMENT ON COLUMN core.attribute_match.feature_id IS 'Id of the feature in its source.';
COMMENT ON COLUMN core.attribute_match.mine_id IS 'Id of the mine.';
COMMENT ON COLUMN core.attribute_match.match IS 'inside (also: shares ground), or nearest.';
COMMENT ON COLUMN core.attribute_match.distance_km IS 'Distance from the feature to the mine, km; 0 inside.';
