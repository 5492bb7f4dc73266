-- core.mine_source_ground: the ground of each final mine that each source draws.
--
-- Grain:   one row per mine_id, source that drew a part of it.
-- Reads:   core.mine, core.mine_lineage, core.polygon.
-- Stored:  yes, because it unites and cuts outlines.
-- Caveat:  geometry is NULL where one source alone drew the mine: it is the mine's.
-- Method:  docs/methods.md#sources
CREATE OR REPLACE VIEW core.mine_source_ground AS
WITH member AS (
    SELECT
        mine_lineage.mine_id,
        polygon.source,
        polygon.polygon_key,
        polygon.geometry,
        min(polygon.source) OVER (PARTITION BY mine_lineage.mine_id)
        <> max(polygon.source) OVER (PARTITION BY mine_lineage.mine_id) AS is_shared
    FROM core.mine_lineage
    INNER JOIN core.polygon ON mine_lineage.polygon_key = polygon.polygon_key
),

drawn AS (
    SELECT
        mine_id,
        source,
        is_shared,
        count(*) AS n_polygons,
        CASE WHEN is_shared THEN ST_Union_Agg(geometry ORDER BY polygon_key) END AS geometry
    FROM member
    GROUP BY mine_id, source, is_shared
),

cut AS (
    SELECT
        drawn.mine_id,
        drawn.source,
        drawn.n_polygons,
        mine.area_km2 AS mine_km2,
        CASE
            WHEN drawn.is_shared THEN ST_CollectionExtract(ST_Intersection(mine.geometry, drawn.geometry), 3)
        END AS geometry
    FROM drawn
    INNER JOIN core.mine ON drawn.mine_id = mine.mine_id
)

SELECT
    mine_id,
    source,
    n_polygons,
    geometry,
    CASE WHEN geometry IS NULL THEN mine_km2 ELSE core.area_km2(geometry) END AS area_km2
FROM cut
ORDER BY mine_id, source;

COMMENT ON VIEW core.mine_source_ground IS 'The ground of each final mine that each source draws.';
COMMENT ON COLUMN core.mine_source_ground.mine_id IS 'Id of the mine.';
COMMENT ON COLUMN core.mine_source_ground.source IS 'Name of the source in the project file.';
COMMENT ON COLUMN core.mine_source_ground.n_polygons IS 'Number of its polygons in the mine.';
COMMENT ON COLUMN core.mine_source_ground.geometry IS 'Its ground inside the mine, EPSG:4326.';
COMMENT ON COLUMN core.mine_source_ground.area_km2 IS 'Area of that ground, km2, on the WGS84 ellipsoid.';
