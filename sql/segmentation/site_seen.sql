-- core.site_seen: what became of each site in each year, and how much of it was seen.
--
-- Grain:   one row per dataset, site_id, year; site_id is NULL for a source that covers everything.
-- Reads:   raw.segmented_site, image_offset, parameter.
-- Stored:  yes, every view of segmented years joins it.
-- Caveat:  a site and year whose square or mine was seen to less than site_seen_min is 'not seen': it has no area, not
--          even zero, and continuity passes over it. Seen are pixels with data, whatever an image's outline says.
-- Method:  docs/methods.md#seen
CREATE OR REPLACE VIEW core.site_seen AS
WITH wrong AS (
    SELECT
        site_id,
        year,
        min(reason) AS reason
    FROM main.image_offset
    WHERE is_wrong
    GROUP BY site_id, year
),

judged AS (
    SELECT
        segmented_site.*,
        CASE WHEN segmented_site.status = 'done' THEN wrong.reason END AS offset_reason,
        coalesce(
            segmented_site.status = 'done'
            AND wrong.reason IS NULL
            AND least(segmented_site.seen_share, segmented_site.mine_seen_share) < parameter.site_seen_min,
            FALSE
        ) AS is_hidden,
        parameter.site_seen_min
    FROM raw.segmented_site
    CROSS JOIN main.parameter
    LEFT JOIN wrong
        ON segmented_site.site_id = wrong.site_id AND segmented_site.year = wrong.year
)

SELECT
    dataset,
    site_id,
    year,
    CASE WHEN offset_reason IS NOT NULL THEN 'failed' WHEN is_hidden THEN 'not seen' ELSE status END AS status,
    CASE
        WHEN offset_reason IS NOT NULL THEN offset_reason || '.'
        WHEN is_hidden
            THEN
                'pixels with data cover ' || round(100 * seen_share, 1) || ' % of the square'
                || coalesce(' and ' || round(100 * mine_seen_share, 1) || ' % of the mine', '')
                || '; site_seen_min asks for ' || round(100 * site_seen_min, 1) || ' %'
        ELSE reason
    END AS reason,
    seen_share,
    mine_seen_share,
    CASE WHEN NOT is_hidden AND offset_reason IS NULL THEN n_polygons END AS n_polygons
FROM judged
ORDER BY dataset, site_id, year;

COMMENT ON VIEW core.site_seen IS
'What became of each site in each year, and how much of it was seen.';
COMMENT ON COLUMN core.site_seen.dataset IS
'segmentation for this project''s model, else the name of the footprint source.';
COMMENT ON COLUMN core.site_seen.site_id IS 'Id of the site; NULL: the whole area.';
COMMENT ON COLUMN core.site_seen.year IS 'Year.';
COMMENT ON COLUMN core.site_seen.status IS
'done, not seen (too few pixels), failed (image unreadable, or its offset wrong), pending (not yet) or no image.';
COMMENT ON COLUMN core.site_seen.reason IS 'Why it failed or counts as not seen.';
COMMENT ON COLUMN core.site_seen.seen_share IS
'Share of the site''s square whose pixels had data, 0-1; NULL unless segmented here.';
COMMENT ON COLUMN core.site_seen.mine_seen_share IS
'Share of the site''s mine whose pixels had data, 0-1; NULL unless segmented here.';
COMMENT ON COLUMN core.site_seen.n_polygons IS
'Number of polygons found at the main threshold; NULL unless done.';
