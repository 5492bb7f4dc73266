-- label: what interpreters saw at the samples of transition years.
--
-- Grain:   one row per sample_id that was interpreted.
-- Reads:   nothing; loaders/label.py fills it.
-- Caveat:  reference_year NULL: the interpreter saw no transition. Samples nobody could tell are not here.
--          predicted_year NULL: the map shows none either (change is unchanged).
CREATE TABLE raw.label (
    sample_id VARCHAR NOT NULL,
    mine_id VARCHAR,
    longitude DOUBLE NOT NULL,
    latitude DOUBLE NOT NULL,
    change VARCHAR,
    predicted_year INTEGER,
    reference_year INTEGER,
    reference_change VARCHAR,
    biome VARCHAR,
    stratum VARCHAR,
    stratum_km2 DOUBLE,
    interpreter VARCHAR,
    note VARCHAR
);

COMMENT ON TABLE raw.label IS 'What interpreters saw at the samples of transition years.';
COMMENT ON COLUMN raw.label.sample_id IS 'Number of the sample.';
COMMENT ON COLUMN raw.label.mine_id IS 'Mine, where the file says it.';
COMMENT ON COLUMN raw.label.longitude IS 'Longitude of the pixel''s centre, degrees.';
COMMENT ON COLUMN raw.label.latitude IS 'Latitude of the pixel''s centre, degrees.';
COMMENT ON COLUMN raw.label.change IS 'disturbed, reclaimed or unchanged on the map, where the file says it.';
COMMENT ON COLUMN raw.label.predicted_year IS 'Year of the change on the map; NULL for unchanged.';
COMMENT ON COLUMN raw.label.reference_year IS 'Year that the interpreter saw; NULL: no transition.';
COMMENT ON COLUMN raw.label.reference_change IS
'disturbed or reclaimed, as the interpreter saw it, where the file says it.';
COMMENT ON COLUMN raw.label.biome IS 'Biome, where the file says it.';
COMMENT ON COLUMN raw.label.stratum IS
'What the sample was drawn from, such as 2005 or unchanged, where the file says it.';
COMMENT ON COLUMN raw.label.stratum_km2 IS 'Area of the stratum when the sample was drawn, km2.';
COMMENT ON COLUMN raw.label.interpreter IS 'Who looked.';
COMMENT ON COLUMN raw.label.note IS 'What they noted.';
