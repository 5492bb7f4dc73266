-- core.site_clarity: how clear the chosen images of each site are, by year.
--
-- Grain:   one row per site_id, year with images of known clarity.
-- Reads:   image_choice.
-- Caveat:  a site's clarity is the mean of its images, weighted by what each covers of the square. A catalogue says how
--          clear a whole image is, not the square.
-- Method:  docs/methods.md#segmentation
CREATE OR REPLACE VIEW core.site_clarity AS
SELECT
    site_id,
    year,
    sum(clarity * covered_share ORDER BY image_id) / sum(covered_share ORDER BY image_id) AS clarity
FROM main.image_choice
WHERE clarity IS NOT NULL AND covered_share > 0
GROUP BY site_id, year;

COMMENT ON VIEW core.site_clarity IS 'How clear the chosen images of each site are, by year.';
COMMENT ON COLUMN core.site_clarity.site_id IS 'Id of the site.';
COMMENT ON COLUMN core.site_clarity.year IS 'Year.';
COMMENT ON COLUMN core.site_clarity.clarity IS 'Share without cloud and haze, 0-1.';
