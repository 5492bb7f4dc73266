-- core.mine_name: name and commodity of each mine, of the best match that has them.
--
-- Grain:   one row per mine_id with a match.
-- Reads:   core.attribute_match, raw.attribute_feature.
-- Stored:  yes, mine joins it.
-- Caveat:  the best match is one inside before one nearby, then the nearest, then by the order of the sources in the
--          project file, then by id.
-- Method:  docs/methods.md#attributes
CREATE OR REPLACE VIEW core.mine_name AS
WITH ranked AS (
    SELECT
        attribute_match.mine_id,
        feature.name,
        feature.commodity,
        row_number() OVER (
            PARTITION BY attribute_match.mine_id
            ORDER BY
                attribute_match.match, attribute_match.distance_km, feature.source_number, feature.feature_id
        ) AS rank
    FROM core.attribute_match
    INNER JOIN raw.attribute_feature AS feature
        ON attribute_match.source = feature.source AND attribute_match.feature_id = feature.feature_id
)

SELECT
    mine_id,
    arg_min(name, rank) FILTER (WHERE name IS NOT NULL) AS name,
    arg_min(commodity, rank) FILTER (WHERE commodity IS NOT NULL) AS commodity
FROM ranked
GROUP BY mine_id
ORDER BY mine_id;

COMMENT ON VIEW core.mine_name IS 'Name and commodity of each mine, of the best match that has them.';
COMMENT ON COLUMN core.mine_name.mine_id IS 'Id of the mine.';
COMMENT ON COLUMN core.mine_name.name IS 'Name of the mine; NULL where no match has one.';
COMMENT ON COLUMN core.mine_name.commodity IS 'Commodities as published; NULL where no match has any.';
