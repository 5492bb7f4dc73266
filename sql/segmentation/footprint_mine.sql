-- core.footprint_mine: the part of each mine that was segmented, by year.
--
-- Grain:   one row per mine_id, year with a footprint inside the mine.
-- Reads:   core.footprint_mine_part.
-- Stored:  yes, because it unites outlines that the land cover is read under.
-- Method:  docs/methods.md#segmentation
CREATE OR REPLACE VIEW core.footprint_mine AS
WITH united AS (
    SELECT
        mine_id,
        year,
        ST_Normalize(
            ST_CollectionExtract(ST_Union_Agg(geometry ORDER BY footprint_id), 3)
        ) AS geometry,
        CASE WHEN count(reported_km2) = count(*) THEN core.reproducible_sum(reported_km2) END AS reported_km2
    FROM core.footprint_mine_part
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
