-- segmented_site: what was looked for in which year, so that a year not segmented is no empty year.
--
-- Grain:   one row per dataset, site_id, year; site_id is NULL for a dataset that covers everything.
-- Reads:   nothing; loaders fill it.
CREATE TABLE raw.segmented_site (
    dataset VARCHAR NOT NULL,
    site_id VARCHAR,
    year INTEGER NOT NULL,
    status VARCHAR NOT NULL,
    reason VARCHAR,
    seen_share DOUBLE,
    mine_seen_share DOUBLE,
    n_polygons BIGINT
);

COMMENT ON TABLE raw.segmented_site IS
'What was looked for in which year, so that a year not segmented is no empty year.';
COMMENT ON COLUMN raw.segmented_site.dataset IS
'segmentation for this project''s model, else the name of the footprint source.';
COMMENT ON COLUMN raw.segmented_site.site_id IS 'Id of the site; NULL: the whole area.';
COMMENT ON COLUMN raw.segmented_site.year IS 'Year.';
COMMENT ON COLUMN raw.segmented_site.status IS
'done, failed (an image can''t be read), pending (not segmented yet) or no image.';
COMMENT ON COLUMN raw.segmented_site.reason IS 'Why it failed.';
COMMENT ON COLUMN raw.segmented_site.seen_share IS
'Share of the site''s square whose pixels had data, 0-1; NULL unless done, and for a source made elsewhere.';
COMMENT ON COLUMN raw.segmented_site.mine_seen_share IS
'Share of the site''s mine whose pixels had data, 0-1; NULL as seen_share.';
COMMENT ON COLUMN raw.segmented_site.n_polygons IS
'Number of polygons found at the main threshold; NULL unless done.';
