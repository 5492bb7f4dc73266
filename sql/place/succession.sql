-- core.succession: ground that mines of earlier builds share with the mines of this one.
--
-- Grain:   one row per old_build, old_mine_id, mine_id that share area.
-- Reads:   raw.previous_mine, core.mine.
-- Stored:  yes, one spatial join and an intersection where an outline changed.
-- Caveat:  an equal id is an equal outline in databases of quarrydb; a file may have been simplified or cut since, so
--          that area and box count, too.
-- Method:  docs/methods.md#succession
CREATE OR REPLACE VIEW core.succession AS
WITH pair AS (
    SELECT
        previous.old_build,
        previous.old_mine_id,
        mine.mine_id,
        core.area_km2(previous.geometry) AS old_km2,
        mine.area_km2 AS new_km2,
        CASE
            WHEN
                previous.old_mine_id = mine.mine_id
                AND abs(core.area_km2(previous.geometry) - mine.area_km2) <= 1e-9 * mine.area_km2
                AND ST_Equals(ST_Envelope(previous.geometry), ST_Envelope(mine.geometry))
                THEN mine.area_km2
            ELSE core.area_km2(ST_CollectionExtract(ST_Intersection(previous.geometry, mine.geometry), 3))
        END AS overlap_km2
    FROM raw.previous_mine AS previous
    INNER JOIN core.mine
        ON ST_Intersects(previous.geometry, mine.geometry)
)

SELECT
    old_build,
    old_mine_id,
    mine_id,
    overlap_km2,
    least(overlap_km2 / old_km2, 1) AS share_old,
    least(overlap_km2 / new_km2, 1) AS share_new
FROM pair
WHERE overlap_km2 > 0
ORDER BY old_build, old_mine_id, mine_id;

COMMENT ON VIEW core.succession IS 'Ground that mines of earlier builds share with the mines of this one.';
COMMENT ON COLUMN core.succession.old_build IS
'Name of [[previous]] in the project file, or when the first build with the old mines began, UTC.';
COMMENT ON COLUMN core.succession.old_mine_id IS 'Id of the mine in that build.';
COMMENT ON COLUMN core.succession.mine_id IS 'Id of the mine in this build.';
COMMENT ON COLUMN core.succession.overlap_km2 IS 'Area that both share, km2, on the WGS84 ellipsoid.';
COMMENT ON COLUMN core.succession.share_old IS 'That area divided by the old mine''s, 0-1.';
COMMENT ON COLUMN core.succession.share_new IS 'That area divided by the new mine''s, 0-1.';
