-- point: places that a person looked at and labelled mine or not, by year.
--
-- Grain:   one row per point_id; the same place in another year is another point.
-- Reads:   nothing; loaders fill it.
CREATE TABLE raw.point (
    point_id VARCHAR NOT NULL,
    source VARCHAR NOT NULL,
    year INTEGER NOT NULL,
    is_mine BOOLEAN NOT NULL,
    stratum VARCHAR,
    stratum_km2 DOUBLE,
    geometry GEOMETRY NOT NULL
);

COMMENT ON TABLE raw.point IS 'Places that a person looked at and labelled mine or not, by year.';
COMMENT ON COLUMN raw.point.point_id IS 'Id of the point: source, its own id and the year.';
COMMENT ON COLUMN raw.point.source IS 'Name of the source in the project file.';
COMMENT ON COLUMN raw.point.year IS 'Year that was looked at.';
COMMENT ON COLUMN raw.point.is_mine IS 'Whether the place is mine in that year.';
COMMENT ON COLUMN raw.point.stratum IS 'What the point was drawn from, where the file says it.';
COMMENT ON COLUMN raw.point.stratum_km2 IS 'Area of the stratum, km2.';
COMMENT ON COLUMN raw.point.geometry IS 'Point, EPSG:4326, longitude first.';
