"""Statements that someone might send to the locked query to change, read or reach what it must not.

DB is the database's path, HOME a decoy home folder, FOLDER the database's folder.
"""

DECOY = "kept-from-strangers"

WRITING = """
COPY (SELECT 1) TO 'DB'
COPY (SELECT 1) TO 'DB' (FORMAT csv, USE_TMP_FILE false)
COPY (SELECT 1) TO 'DB.wal'
COPY (SELECT 'x'::BLOB) TO 'DB.wal' (FORMAT blob)
COPY (SELECT 1) TO 'DB.wal.recovery'
COPY (SELECT 1) TO 'DB.wal.checkpoint'
COPY (SELECT 1) TO 'DB.tmp/x.csv'
COPY (SELECT 1) TO 'DB.tmp'
COPY (SELECT 1) TO 'FOLDER/./mines.duckdb'
COPY (SELECT 1) TO 'file://DB'
COPY (SELECT 1) TO 'HOME/out.csv'
COPY (SELECT 1) TO 'HOME/out.parquet' (FORMAT parquet)
COPY (SELECT 1) TO 'HOME/out.json' (FORMAT json)
COPY (SELECT 1 AS year) TO 'HOME/out' (FORMAT parquet, PARTITION_BY year)
COPY (SELECT 1) TO 'HOME/notes.txt' (OVERWRITE_OR_IGNORE true)
COPY (FROM mine) TO 'HOME/o.json' (FORMAT gdal, DRIVER 'GeoJSON')
COPY (FROM mine) TO '/vsimem/o.json' (FORMAT gdal, DRIVER 'GeoJSON')
COPY (FROM mine) TO 'DB' (FORMAT gdal, DRIVER 'GPKG')
COPY mine TO 'HOME/mine.csv'
COPY mine FROM 'HOME/notes.txt'
COPY FROM DATABASE mines TO memory
EXPORT DATABASE 'HOME/export'
EXPORT DATABASE 'DB.tmp'
IMPORT DATABASE 'HOME'
EXPLAIN ANALYZE COPY (SELECT 1) TO 'DB.wal'
EXPLAIN ANALYZE COPY (SELECT 1) TO 'HOME/out.csv'
EXPLAIN (ANALYZE) COPY (SELECT 1) TO 'HOME/out.csv'
SELECT 1; COPY (SELECT 1) TO 'HOME/out.csv'
SELECT 1;; /* */ ; COPY (SELECT 1) TO 'DB.wal'
PREPARE p AS COPY (SELECT 1) TO 'HOME/out.csv'
CREATE TABLE t AS SELECT 1
CREATE TABLE mines.main.t AS SELECT 1
CREATE OR REPLACE VIEW mine AS SELECT 1
CREATE OR REPLACE TEMP VIEW mine AS SELECT 1
CREATE TEMP TABLE mine AS SELECT 1
CREATE MACRO f() AS 1
CREATE OR REPLACE TEMP MACRO sum(x) AS 0
CREATE SCHEMA s
CREATE SEQUENCE s
CREATE TYPE t AS ENUM ('a')
CREATE INDEX i ON core.mine (mine_id)
INSERT INTO raw.build SELECT * FROM raw.build
UPDATE raw.build SET project = 'x'
DELETE FROM raw.load_file
TRUNCATE raw.build
MERGE INTO raw.build USING raw.build b ON false WHEN NOT MATCHED THEN INSERT VALUES (1)
DROP VIEW mine
DROP TABLE raw.build
ALTER TABLE raw.build RENAME TO b
COMMENT ON VIEW mine IS 'x'
VACUUM
VACUUM ANALYZE
ANALYZE
CHECKPOINT
FORCE CHECKPOINT
FROM checkpoint()
FROM force_checkpoint()
CALL force_checkpoint('mines')
BEGIN
ATTACH 'DB' AS again
ATTACH 'DB' AS again (READ_WRITE)
ATTACH 'DB.wal' AS log
ATTACH 'HOME/new.duckdb' AS new
ATTACH 'HOME/notes.txt' AS notes (TYPE sqlite)
ATTACH IF NOT EXISTS 'DB.tmp/x' AS x
DETACH mines
USE memory
LOAD spatial
LOAD 'HOME/evil.duckdb_extension'
INSTALL httpfs
FORCE INSTALL spatial FROM 'HOME'
UPDATE EXTENSIONS
CREATE PERSISTENT SECRET s (TYPE http, BEARER_TOKEN 'x')
CREATE SECRET s (TYPE http, BEARER_TOKEN 'x')
DROP SECRET IF EXISTS s
CALL enable_logging(storage='file', storage_path='HOME/log')
FROM enable_logging(storage='file', storage_path='HOME/log')
FROM enable_logging('QueryLog', storage='file', storage_path='DB.tmp')
CALL enable_profiling(save_location='HOME/profile.json')
FROM enable_profiling(save_location='HOME/profile.json')
PRAGMA enable_profiling='json'
PRAGMA profiling_output='HOME/profile.json'
PRAGMA enable_checkpoint_on_shutdown
PRAGMA disable_checkpoint_on_shutdown
PRAGMA create_fts_index('mine', 'mine_id', 'country')
PRAGMA import_database('HOME')
SET profile_output = 'HOME/profile.json'
SET log_query_path = 'HOME/log'
SET temp_directory = 'HOME'
SET temp_directory = 'DB.tmp'
SET secret_directory = 'HOME'
SET extension_directory = 'HOME'
SET home_directory = 'HOME'
SET enable_external_access = true
SET allowed_paths = ['HOME/notes.txt']
SET allowed_directories = ['HOME']
SET disabled_filesystems = ''
SET lock_configuration = false
SET memory_limit = '1TB'
RESET enable_external_access
RESET disabled_filesystems
"""

READING = """
FROM read_text('HOME/notes.txt')
FROM read_text('file://HOME/notes.txt')
FROM read_text('FOLDER/../home/notes.txt')
FROM read_text('DB.tmp/notes.txt')
FROM read_text('DB.wal.recovery')
FROM read_blob('DB')
FROM read_blob('HOME/notes.txt')
FROM read_csv('HOME/notes.txt', header=false)
FROM read_csv('/dev/stdin')
FROM read_json('HOME/notes.txt', format='unstructured')
FROM read_ndjson_objects('HOME/notes.txt')
FROM read_parquet('HOME/x.parquet')
FROM parquet_metadata('HOME/x.parquet')
FROM read_duckdb('DB', table_name='mine')
FROM sniff_csv('HOME/notes.txt')
FROM glob('HOME/*')
FROM 'HOME/notes.txt'
FROM "HOME/notes.txt"
FROM 'DB'
FROM ST_Read('HOME/notes.txt')
FROM ST_Read('/vsicsv/HOME/notes.txt')
FROM ST_Read('/vsisubfile/0_100,HOME/notes.txt')
FROM ST_Read('CSV:HOME/notes.txt')
FROM ST_Read('GeoJSON:HOME/notes.txt')
FROM ST_Read('WFS:http://127.0.0.1:9/')
FROM ST_Read('/vsicurl/http://127.0.0.1:9/x')
FROM ST_Read('HOME/notes.txt', sibling_files=['HOME/notes.txt'])
FROM ST_Read_Meta('HOME/notes.txt')
FROM ST_ReadSHP('HOME/x.shp')
FROM ST_ReadOSM('HOME/x.pbf')
FROM 'http://127.0.0.1:9/x.parquet'
FROM 's3://bucket/x.parquet'
FROM query('FROM read_text(''HOME/notes.txt'')')
FROM query_table('HOME/notes.txt')
FROM json_execute_serialized_sql(json_serialize_sql('FROM read_text(''HOME/notes.txt'')'))
EXECUTE p
SELECT getenv('HOME')
FROM duckdb_secrets()
FROM which_secret('s3://x', 's3')
FROM sql_auto_complete('SELECT * FROM ''HOME/')
DESCRIBE FROM 'HOME/notes.txt'
SUMMARIZE FROM 'HOME/notes.txt'
EXPLAIN ANALYZE FROM 'HOME/notes.txt'
FROM connection
SELECT * FROM mine WHERE country = (SELECT content FROM read_text('HOME/notes.txt'))
"""


def statements() -> list[str]:
    """All of them, one a line."""
    return [line for line in (WRITING + READING).splitlines() if line]
