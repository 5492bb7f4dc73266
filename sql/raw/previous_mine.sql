-- previous_mine: mines of earlier builds, by the ids that they had.
--
-- Grain:   one row per old_build, old_mine_id.
-- Reads:   nothing; loaders fill it.
CREATE TABLE raw.previous_mine (
    old_build VARCHAR NOT NULL,
    old_mine_id VARCHAR NOT NULL,
    geometry GEOMETRY NOT NULL
);

COMMENT ON TABLE raw.previous_mine IS 'Mines of earlier builds, by the ids that they had.';
COMMENT ON COLUMN raw.previous_mine.old_build IS
'Name of [[previous]] in the project file, or when the first build with these mines began, UTC.';
COMMENT ON COLUMN raw.previous_mine.old_mine_id IS 'Id of the mine in that build.';
COMMENT ON COLUMN raw.previous_mine.geometry IS 'Polygon, or several, EPSG:4326, longitude first.';
