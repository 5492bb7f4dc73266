-- attribute_coverage: how much of the mines each source of attributes tells of.
--
-- Grain:   one row per source.
-- Reads:   raw.attribute_feature, core.attribute_match, core.mine.
-- Method:  docs/methods.md#attributes
CREATE OR REPLACE VIEW attribute_coverage AS
WITH matched AS (
    SELECT
        source,
        count(DISTINCT feature_id) AS n_matched,
        count(DISTINCT feature_id) FILTER (WHERE match = 'inside') AS n_inside,
        quantile_cont(distance_km, 0.5) FILTER (WHERE match = 'nearest') AS median_distance_km,
        max(distance_km) AS max_distance_km
    FROM core.attribute_match
    GROUP BY source
),

held AS (
    SELECT
        reached.source,
        count(*) AS n_mines,
        core.reproducible_sum(mine.area_km2) AS area_km2
    FROM (
        SELECT DISTINCT
            pair.source,
            pair.mine_id
        FROM core.attribute_match AS pair
    ) AS reached
    INNER JOIN core.mine ON reached.mine_id = mine.mine_id
    GROUP BY reached.source
),

given AS (
    SELECT
        source,
        count(*) AS n_features
    FROM raw.attribute_feature
    GROUP BY source
)

SELECT
    given.source,
    given.n_features,
    coalesce(matched.n_matched, 0) AS n_matched,
    coalesce(matched.n_inside, 0) AS n_inside,
    matched.median_distance_km,
    matched.max_distance_km,
    coalesce(held.n_mines, 0) AS n_mines,
    coalesce(held.area_km2, 0) AS mine_area_km2,
    coalesce(held.area_km2, 0)
    / (SELECT core.reproducible_sum(whole.area_km2) FROM core.mine AS whole) AS mine_area_share
FROM given
LEFT JOIN matched ON given.source = matched.source
LEFT JOIN held ON given.source = held.source
ORDER BY given.source;

COMMENT ON VIEW attribute_coverage IS 'How much of the mines each source of attributes tells of.';
COMMENT ON COLUMN attribute_coverage.source IS 'Name of the source in the project file.';
COMMENT ON COLUMN attribute_coverage.n_features IS 'Number of its features.';
COMMENT ON COLUMN attribute_coverage.n_matched IS 'Number of features that tell of a mine.';
COMMENT ON COLUMN attribute_coverage.n_inside IS 'Of which in a mine, or sharing ground with one.';
COMMENT ON COLUMN attribute_coverage.median_distance_km IS
'Median distance of the others to their mine, km; NULL without any.';
COMMENT ON COLUMN attribute_coverage.max_distance_km IS 'Largest distance of a match, km.';
COMMENT ON COLUMN attribute_coverage.n_mines IS 'Number of mines that it tells of.';
COMMENT ON COLUMN attribute_coverage.mine_area_km2 IS 'Their area, km2, on the WGS84 ellipsoid.';
COMMENT ON COLUMN attribute_coverage.mine_area_share IS 'That area divided by the area of all mines, 0-1.';
