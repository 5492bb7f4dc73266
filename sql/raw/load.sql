-- load: every file that was read, with its checksum and the terms of its source.
--
-- Grain:   one row per file; of footprints also per year, where a file holds several.
-- Reads:   raw.load_file, raw.remote_file, raw.source_terms.
CREATE OR REPLACE VIEW raw.load AS
SELECT
    load_file.source,
    load_file.kind,
    coalesce(remote_file.name, load_file.path) AS path,
    load_file.layer,
    load_file.sha256,
    load_file.driver,
    load_file.n_rows_read,
    load_file.n_rows_kept,
    load_file.crs,
    source_terms.licence,
    source_terms.citation,
    remote_file.address,
    remote_file.accessed_on,
    load_file.loaded_at
FROM raw.load_file
LEFT JOIN raw.source_terms
    ON load_file.source = source_terms.source AND load_file.kind = source_terms.kind
LEFT JOIN raw.remote_file
    ON load_file.sha256 = remote_file.identity;

COMMENT ON VIEW raw.load IS 'Every file that was read, with its checksum and the terms of its source.';
COMMENT ON COLUMN raw.load.source IS 'Name of the source in the project file.';
COMMENT ON COLUMN raw.load.kind IS 'What the file holds: polygons, countries, protected areas, ...';
COMMENT ON COLUMN raw.load.path IS 'Path of the file, from the project folder; the name of one that was fetched.';
COMMENT ON COLUMN raw.load.layer IS 'Layer read; NULL where the format has none.';
COMMENT ON COLUMN raw.load.sha256 IS 'SHA-256 of the file, hex; of a fetched one the identity in raw.remote_file.';
COMMENT ON COLUMN raw.load.driver IS 'Format, by the name of the GDAL driver.';
COMMENT ON COLUMN raw.load.n_rows_read IS 'Features in the file.';
COMMENT ON COLUMN raw.load.n_rows_kept IS 'Features of which anything was kept.';
COMMENT ON COLUMN raw.load.crs IS 'CRS of the file.';
COMMENT ON COLUMN raw.load.licence IS 'Licence of the data, from the project file.';
COMMENT ON COLUMN raw.load.citation IS 'How to cite the data, from the project file.';
COMMENT ON COLUMN raw.load.address IS 'Where the file was fetched from; NULL for a local one.';
COMMENT ON COLUMN raw.load.accessed_on IS 'Day on which it was first fetched, UTC; NULL for a local one.';
COMMENT ON COLUMN raw.load.loaded_at IS 'When the file was read, UTC.';
