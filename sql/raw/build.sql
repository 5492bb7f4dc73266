-- build: what this database was built from and with.
--
-- Grain:   one row.
-- Reads:   nothing; loaders fill it.
CREATE TABLE raw.build (
    project VARCHAR,
    quarrydb_version VARCHAR,
    duckdb_version VARCHAR,
    schema_version INTEGER,
    crs VARCHAR,
    fingerprint VARCHAR,
    built_at TIMESTAMP,
    is_partial BOOLEAN,
    built_views VARCHAR[]
);

COMMENT ON TABLE raw.build IS 'What this database was built from and with.';
COMMENT ON COLUMN raw.build.project IS 'Name of the project.';
COMMENT ON COLUMN raw.build.quarrydb_version IS 'Version of quarrydb.';
COMMENT ON COLUMN raw.build.duckdb_version IS 'Version of DuckDB.';
COMMENT ON COLUMN raw.build.schema_version IS 'Version of the tables and views; raised when they change incompatibly.';
COMMENT ON COLUMN raw.build.crs IS 'CRS of every geometry column.';
COMMENT ON COLUMN raw.build.fingerprint IS 'Hash of all inputs, parameters and code: equal fingerprints, equal tables.';
COMMENT ON COLUMN raw.build.built_at IS 'When the build began, UTC.';
COMMENT ON COLUMN raw.build.is_partial IS 'Whether only some views were asked for, so that others are not there.';
COMMENT ON COLUMN raw.build.built_views IS 'Views that a partial build was asked for; empty for a whole one.';
