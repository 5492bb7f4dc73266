-- mine_succession: which mines of this build took the place of which mines of earlier ones.
--
-- Grain:   one row per old_build, old_mine_id, mine_id that share area; mine_id NULL where nothing is left of a mine.
-- Reads:   raw.previous_mine, core.succession.
-- Caveat:  a mine whose outline is the same has the same id, and shares 1. A mine that fell into parts, or grew
--          together with others, has several rows: share_old says how much of it went where.
-- Method:  docs/methods.md#succession
CREATE OR REPLACE VIEW mine_succession AS
SELECT
    previous.old_build,
    previous.old_mine_id,
    succession.mine_id,
    coalesce(succession.overlap_km2, 0) AS overlap_km2,
    coalesce(succession.share_old, 0) AS share_old,
    succession.share_new
FROM raw.previous_mine AS previous
LEFT JOIN core.succession
    ON previous.old_build = succession.old_build AND previous.old_mine_id = succession.old_mine_id
ORDER BY previous.old_build, previous.old_mine_id, succession.mine_id;

COMMENT ON VIEW mine_succession IS
'Which mines of this build took the place of which mines of earlier ones.';
COMMENT ON COLUMN mine_succession.old_build IS
'Name of [[previous]] in the project file, or when the first build with the old mines began, UTC.';
COMMENT ON COLUMN mine_succession.old_mine_id IS 'Id of the mine in that build.';
COMMENT ON COLUMN mine_succession.mine_id IS 'Id of the mine in this build; NULL where nothing is left of it.';
COMMENT ON COLUMN mine_succession.overlap_km2 IS 'Area that both share, km2, on the WGS84 ellipsoid.';
COMMENT ON COLUMN mine_succession.share_old IS 'That area divided by the old mine''s, 0-1.';
COMMENT ON COLUMN mine_succession.share_new IS 'That area divided by the new mine''s, 0-1; NULL without one.';
