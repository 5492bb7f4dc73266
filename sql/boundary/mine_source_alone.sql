-- core.mine_source_alone: the ground of each final mine that one source draws and no other.
--
-- Grain:   one row per mine_id, source that drew a part of it.
-- Reads:   core.mine_source_ground.
-- Stored:  yes, because it unites and cuts outlines.
-- Method:  docs/methods.md#sources
CREATE OR REPLACE VIEW core.mine_source_alone AS
WITH other AS (
    SELECT
        one.mine_id,
        one.source,
        ST_Union_Agg(other.geometry ORDER BY other.source) AS geometry
    FROM core.mine_source_ground AS one
    INNER JOIN core.mine_source_ground AS other ON one.mine_id = other.mine_id
    WHERE one.source <> other.source AND one.geometry IS NOT NULL
    GROUP BY one.mine_id, one.source
)

SELECT
    ground.mine_id,
    ground.source,
    CASE
        WHEN other.geometry IS NULL THEN ground.area_km2
        ELSE
            greatest(
                ground.area_km2
                - coalesce(
                    core.area_km2(ST_CollectionExtract(ST_Intersection(ground.geometry, other.geometry), 3)), 0
                ),
                0
            )
    END AS alone_km2
FROM core.mine_source_ground AS ground
LEFT JOIN other ON ground.mine_id = other.mine_id AND ground.source = other.source
ORDER BY ground.mine_id, ground.source;

COMMENT ON VIEW core.mine_source_alone IS
'The ground of each final mine that one source draws and no other.';
COMMENT ON COLUMN core.mine_source_alone.mine_id IS 'Id of the mine.';
COMMENT ON COLUMN core.mine_source_alone.source IS 'Name of the source.';
COMMENT ON COLUMN core.mine_source_alone.alone_km2 IS 'Area of that ground, km2, on the WGS84 ellipsoid.';
