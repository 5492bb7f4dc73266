-- core.footprint_mine_growth: the ground of each mine that was ever in a footprint up to each year.
--
-- Grain:   one row per mine_id, year with a footprint inside the mine.
-- Reads:   core.footprint_mine.
-- Stored:  yes, because it unites outlines over years.
-- Method:  docs/methods.md#footprints-of-mines
CREATE OR REPLACE VIEW core.footprint_mine_growth AS
WITH united AS (
    SELECT
        until.mine_id,
        until.year,
        ST_CollectionExtract(ST_Union_Agg(earlier.geometry ORDER BY earlier.year), 3) AS geometry
    FROM core.footprint_mine AS until
    INNER JOIN core.footprint_mine AS earlier ON until.mine_id = earlier.mine_id
    WHERE earlier.year <= until.year
    GROUP BY until.mine_id, until.year
)

SELECT
    mine_id,
    year,
    core.area_km2(geometry) AS ever_km2
FROM united
ORDER BY mine_id, year;

COMMENT ON VIEW core.footprint_mine_growth IS
'The ground of each mine that was ever in a footprint up to each year.';
COMMENT ON COLUMN core.footprint_mine_growth.mine_id IS 'Id of the mine.';
COMMENT ON COLUMN core.footprint_mine_growth.year IS 'Year.';
COMMENT ON COLUMN core.footprint_mine_growth.ever_km2 IS 'Area, km2, on the WGS84 ellipsoid.';
