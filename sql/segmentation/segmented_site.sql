-- segmented_site: what became of each site in each year, and how much of it was seen.
--
-- Grain:   one row per dataset, site_id, year; site_id is NULL for a source that covers everything.
-- Reads:   core.site_seen.
-- Caveat:  a site and year whose square or mine was seen to less than site_seen_min is 'not seen': it has no area, not
--          even zero, and continuity passes over it. Seen are pixels with data, whatever an image's outline says.
-- Method:  docs/methods.md#seen
CREATE OR REPLACE VIEW segmented_site AS
SELECT
    dataset,
    site_id,
    year,
    status,
    reason,
    seen_share,
    mine_seen_share,
    n_polygons
FROM core.site_seen;

COMMENT ON VIEW segmented_site IS
'What became of each site in each year, and how much of it was seen.';
COMMENT ON COLUMN segmented_site.dataset IS
'segmentation for this project''s model, else the name of the footprint source.';
COMMENT ON COLUMN segmented_site.site_id IS 'Id of the site; NULL: the whole area.';
COMMENT ON COLUMN segmented_site.year IS 'Year.';
COMMENT ON COLUMN segmented_site.status IS
'done, not seen (too few pixels), failed (image unreadable, or its offset wrong), pending (not yet) or no image.';
COMMENT ON COLUMN segmented_site.reason IS 'Why it failed or counts as not seen.';
COMMENT ON COLUMN segmented_site.seen_share IS
'Share of the site''s square whose pixels had data, 0-1; NULL unless segmented here.';
COMMENT ON COLUMN segmented_site.mine_seen_share IS
'Share of the site''s mine whose pixels had data, 0-1; NULL unless segmented here.';
COMMENT ON COLUMN segmented_site.n_polygons IS
'Number of polygons found at the main threshold; NULL unless done.';
