-- load_file: every file that was read, with its checksum.
--
-- Grain:   one row per file; of footprints also per year, where a file holds several.
-- Reads:   nothing; loaders fill it.
CREATE TABLE raw.load_file (
    source VARCHAR,
    kind VARCHAR,
    path VARCHAR,
    layer VARCHAR,
    sha256 VARCHAR,
    driver VARCHAR,
    n_rows_read BIGINT,
    n_rows_kept BIGINT,
    crs VARCHAR,
    loaded_at TIMESTAMP
);

COMMENT ON TABLE raw.load_file IS 'Every file that was read, with its checksum.';
COMMENT ON COLUMN raw.load_file.source IS 'Name of the source in the project file.';
COMMENT ON COLUMN raw.load_file.kind IS 'What the file holds: polygons, countries, protected areas, ...';
COMMENT ON COLUMN raw.load_file.path IS 'Path of the file, from the project folder.';
COMMENT ON COLUMN raw.load_file.layer IS 'Layer read; NULL where the format has none.';
COMMENT ON COLUMN raw.load_file.sha256 IS 'SHA-256 of the file, hex.';
COMMENT ON COLUMN raw.load_file.driver IS 'Format, by the name of the GDAL driver.';
COMMENT ON COLUMN raw.load_file.n_rows_read IS 'Features in the file.';
COMMENT ON COLUMN raw.load_file.n_rows_kept IS 'Features of which anything was kept.';
COMMENT ON COLUMN raw.load_file.crs IS 'CRS of the file.';
COMMENT ON COLUMN raw.load_file.loaded_at IS 'When the file was read, UTC.';
