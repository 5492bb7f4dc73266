-- core.mine_source_pair: the ground of each final mine that two sources both draw.
--
-- Grain:   one row per mine_id, source_a, source_b (in the order of names) that share ground.
-- Reads:   core.mine_source_ground.
-- Stored:  yes, because it cuts outlines.
-- Method:  docs/methods.md#sources
CREATE OR REPLACE VIEW core.mine_source_pair AS
WITH pair AS (
    SELECT
        one.mine_id,
        one.source AS source_a,
        other.source AS source_b,
        ST_CollectionExtract(ST_Intersection(one.geometry, other.geometry), 3) AS geometry
    FROM core.mine_source_ground AS one
    INNER JOIN core.mine_source_ground AS other ON one.mine_id = other.mine_id
    WHERE one.source < other.source AND one.geometry IS NOT NULL
)

SELECT
    mine_id,
    source_a,
    source_b,
    core.area_km2(geometry) AS shared_km2
FROM pair
WHERE NOT ST_IsEmpty(geometry)
ORDER BY mine_id, source_a, source_b;

COMMENT ON VIEW core.mine_source_pair IS 'The ground of each final mine that two sources both draw.';
COMMENT ON COLUMN core.mine_source_pair.mine_id IS 'Id of the mine.';
COMMENT ON COLUMN core.mine_source_pair.source_a IS 'Name of a source.';
COMMENT ON COLUMN core.mine_source_pair.source_b IS 'Name of another, later in the alphabet.';
COMMENT ON COLUMN core.mine_source_pair.shared_km2 IS 'Area that both draw, km2, on the WGS84 ellipsoid.';
