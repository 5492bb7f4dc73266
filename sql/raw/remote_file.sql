-- remote_file: where files that were fetched come from, as quarry.lock says.
--
-- Grain:   one row per file.
-- Reads:   nothing; a load step fills it.
-- Caveat:  of a raster that was read in windows, sha256 is that of its header and index.
CREATE TABLE raw.remote_file (
    identity VARCHAR NOT NULL,
    name VARCHAR NOT NULL,
    address VARCHAR NOT NULL,
    member VARCHAR,
    dataset VARCHAR,
    size_bytes BIGINT,
    etag VARCHAR,
    modified VARCHAR,
    sha256 VARCHAR,
    is_windowed BOOLEAN NOT NULL,
    licence VARCHAR,
    accessed_on DATE
);

COMMENT ON TABLE raw.remote_file IS 'Where files that were fetched come from, as quarry.lock says.';
COMMENT ON COLUMN raw.remote_file.identity IS 'What stands for the content in raw.load.sha256.';
COMMENT ON COLUMN raw.remote_file.name IS 'Name of the file.';
COMMENT ON COLUMN raw.remote_file.address IS 'Address that it was fetched from.';
COMMENT ON COLUMN raw.remote_file.member IS 'File of the archive at that address; NULL where it is the file itself.';
COMMENT ON COLUMN raw.remote_file.dataset IS 'Data set of the catalogue; NULL where the project names an address.';
COMMENT ON COLUMN raw.remote_file.size_bytes IS 'Size on the server, bytes.';
COMMENT ON COLUMN raw.remote_file.etag IS 'Version on the server, as it says.';
COMMENT ON COLUMN raw.remote_file.modified IS 'Date of the version, as the server says.';
COMMENT ON COLUMN raw.remote_file.sha256 IS 'SHA-256 of the file, or of header and index where it was read in windows.';
COMMENT ON COLUMN raw.remote_file.is_windowed IS 'Whether only blocks under mines were fetched.';
COMMENT ON COLUMN raw.remote_file.licence IS 'Licence, by the catalogue.';
COMMENT ON COLUMN raw.remote_file.accessed_on IS 'Day on which these bytes were first fetched, UTC.';
