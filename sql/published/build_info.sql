-- build_info: what this database was built from and with.
--
-- Grain:   one row.
-- Reads:   raw.build, raw.load, core.protected_kind.
-- Method:  docs/methods.md#build
CREATE OR REPLACE VIEW build_info AS
SELECT
    build.project,
    build.quarrydb_version,
    build.duckdb_version,
    build.schema_version,
    build.crs,
    build.fingerprint,
    build.built_at,
    build.is_partial,
    (SELECT protected_kind.kind FROM core.protected_kind) AS protected_kind,
    (SELECT count(*) FROM raw.load) AS n_files,
    (SELECT string_agg(DISTINCT load.licence, '; ' ORDER BY load.licence) FROM raw.load) AS licences
FROM raw.build;

COMMENT ON VIEW build_info IS 'What this database was built from and with.';
COMMENT ON COLUMN build_info.project IS 'Name of the project.';
COMMENT ON COLUMN build_info.quarrydb_version IS 'Version of quarrydb.';
COMMENT ON COLUMN build_info.duckdb_version IS 'Version of DuckDB.';
COMMENT ON COLUMN build_info.schema_version IS 'Version of the tables and views.';
COMMENT ON COLUMN build_info.crs IS 'CRS of every geometry column.';
COMMENT ON COLUMN build_info.fingerprint IS 'Hash of all inputs, parameters and code.';
COMMENT ON COLUMN build_info.built_at IS 'When the build began, UTC.';
COMMENT ON COLUMN build_info.is_partial IS
'Whether only some views were built, so that others are not there.';
COMMENT ON COLUMN build_info.protected_kind IS
'What the protected areas are called, such as Key Biodiversity Areas; NULL without any.';
COMMENT ON COLUMN build_info.n_files IS 'Number of files read.';
COMMENT ON COLUMN build_info.licences IS 'Licences of the sources, where the project file names them.';
