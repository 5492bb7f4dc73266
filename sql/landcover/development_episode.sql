-- development_episode: each development of ground, and the reclamation that followed it, by mine and years.
--
-- Grain:   one row per mine_id, developed_year, reclaimed_year, episode.
-- Reads:   core.landcover_episode.
-- Caveat:  years are those of the map that shows the change first: before 2000 up to four years late. All vegetated
--          cover types are in it, those that stand apart from totals too.
-- Method:  docs/methods.md#timeline
CREATE OR REPLACE VIEW development_episode AS
SELECT
    mine_id,
    developed_year,
    reclaimed_year,
    episode,
    area_km2 AS developed_km2
FROM core.landcover_episode
ORDER BY mine_id, developed_year, reclaimed_year, episode;

COMMENT ON VIEW development_episode IS
'Each development of ground, and the reclamation that followed it, by mine and years.';
COMMENT ON COLUMN development_episode.mine_id IS 'Id of the mine.';
COMMENT ON COLUMN development_episode.developed_year IS
'Year of the first map in which the vegetated ground is mine-related.';
COMMENT ON COLUMN development_episode.reclaimed_year IS
'Year of the first map in which it is vegetated again; NULL where it never is.';
COMMENT ON COLUMN development_episode.episode IS '1 for the first development of that ground, 2 for the second ...';
COMMENT ON COLUMN development_episode.developed_km2 IS
'Area from vegetated to mine-related (DEV), km2, on the WGS84 ellipsoid.';
