-- core.footprint_mine: the part of each mine that was segmented, by year.
--
-- Grain:   one row per mine_id, year with a footprint inside the mine.
-- Reads:   core.mine, core.footprint_placed.
-- Stored:  yes, one spatial join.
-- Method:  docs/methods.md#segmentation
CREATE OR REPLACE VIEW core.footprint_mine AS
WITH meeting AS (
    SELECT
        mine.mine_id,
        footprint.year,
        footprint.footprint_id,
        footprint.reported_km2,
        footprint.area_km2 AS outline_km2,
        ST_CollectionExtract(ST_Intersection(mine.geometry, footprint.geometry), 3) AS geometry
    FROM core.mine
    INNER JOIN core.footprint_placed AS footprint
        ON ST_Intersects(mine.geometry, footprint.geometry)
    WHERE footprint.is_continuous IS DISTINCT FROM FALSE AND footprint.is_main_threshold
),

united AS (
    SELECT
        mine_id,
        year,
        ST_Normalize(
            ST_CollectionExtract(ST_Union_Agg(geometry ORDER BY footprint_id), 3)
        ) AS geometry,
        CASE
            WHEN count(reported_km2) = count(*)
                THEN core.reproducible_sum(reported_km2 * core.area_km2(geometry) / outline_km2)
        END AS reported_km2
    FROM meeting
    WHERE NOT ST_IsEmpty(geometry)
    GROUP BY mine_id, year
)

SELECT
    mine_id,
    year,
    core.area_km2(geometry) AS area_km2,
    reported_km2,
    geometry
FROM united
ORDER BY mine_id, year;

COMMENT ON VIEW core.footprint_mine IS 'The part of each mine that was segmented, by year.';
COMMENT ON COLUMN core.footprint_mine.mine_id IS 'Id of the mine.';
COMMENT ON COLUMN core.footprint_mine.year IS 'Year of the footprint.';
COMMENT ON COLUMN core.footprint_mine.area_km2 IS 'Area, km2, on the WGS84 ellipsoid.';
COMMENT ON COLUMN core.footprint_mine.reported_km2 IS
'Area that publishers report of its outlines, shared out by area, km2; NULL where one has none.';
COMMENT ON COLUMN core.footprint_mine.geometry IS 'Footprint inside the mine, EPSG:4326.';
