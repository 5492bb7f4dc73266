-- core.footprint_mine_part: what each footprint has of each final mine.
--
-- Grain:   one row per mine_id, footprint_id that share ground.
-- Reads:   core.mine, core.footprint_placed.
-- Stored:  yes, because it is a spatial join.
-- Caveat:  footprints of a year do not overlap: the parts of a mine and year add up. The main threshold only,
--          discontinuous footprints left out.
-- Method:  docs/methods.md#segmentation
CREATE OR REPLACE VIEW core.footprint_mine_part AS
WITH meeting AS (
    SELECT
        mine.mine_id,
        footprint.year,
        footprint.footprint_id,
        footprint.reported_km2 / footprint.area_km2 AS reported_ratio,
        ST_CollectionExtract(ST_Intersection(mine.geometry, footprint.geometry), 3) AS geometry
    FROM core.mine
    INNER JOIN core.footprint_placed AS footprint
        ON ST_Intersects(mine.geometry, footprint.geometry)
    WHERE footprint.is_continuous IS DISTINCT FROM FALSE AND footprint.is_main_threshold
)

SELECT
    mine_id,
    year,
    footprint_id,
    core.area_km2(geometry) AS area_km2,
    core.area_km2(geometry) * reported_ratio AS reported_km2,
    geometry
FROM meeting
WHERE NOT ST_IsEmpty(geometry)
ORDER BY mine_id, year, footprint_id;

COMMENT ON VIEW core.footprint_mine_part IS 'What each footprint has of each final mine.';
COMMENT ON COLUMN core.footprint_mine_part.mine_id IS 'Id of the mine.';
COMMENT ON COLUMN core.footprint_mine_part.year IS 'Year of the footprint.';
COMMENT ON COLUMN core.footprint_mine_part.footprint_id IS 'Id of the footprint.';
COMMENT ON COLUMN core.footprint_mine_part.area_km2 IS 'Area, km2, on the WGS84 ellipsoid.';
COMMENT ON COLUMN core.footprint_mine_part.reported_km2 IS
'The share of the area that the source reports for the footprint, km2; NULL where it reports none.';
COMMENT ON COLUMN core.footprint_mine_part.geometry IS 'The ground that they share, EPSG:4326.';
