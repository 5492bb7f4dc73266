-- published_name: what the studies print for countries and data sets, with the keys that stand for them here.
--
-- Grain:   one row per scope, name, key.
-- Reads:   nothing; loaders fill it.
CREATE TABLE raw.published_name (
    scope VARCHAR,
    name VARCHAR,
    key VARCHAR
);

COMMENT ON TABLE raw.published_name IS
'What the studies print for countries and data sets, with the keys that stand for them here.';
COMMENT ON COLUMN raw.published_name.scope IS 'country or dataset.';
COMMENT ON COLUMN raw.published_name.name IS 'Name as printed.';
COMMENT ON COLUMN raw.published_name.key IS 'Three-letter country code, or name of a source.';
