-- core.image_dated: the images that reach into each square, with their days and whether they lie in the window.
--
-- Grain:   one row per site_id, image_id.
-- Reads:   core.image_candidate, raw.image, parameter.
-- Caveat:  a window whose first month is after its last goes over the new year: both ends of one calendar year.
-- Method:  docs/methods.md#segmentation (Sepin et al. 2025, Methods)
CREATE OR REPLACE VIEW core.image_dated AS
SELECT
    image_candidate.site_id,
    image_candidate.image_id,
    image_candidate.place_key,
    image_candidate.covered_share,
    image.year,
    image.date,
    image.clarity,
    CASE
        WHEN parameter.image_first_month <= parameter.image_last_month
            THEN
                month(image.date) BETWEEN parameter.image_first_month
                AND parameter.image_last_month
        ELSE
            month(image.date) >= parameter.image_first_month
            OR month(image.date) <= parameter.image_last_month
    END AS is_in_window
FROM core.image_candidate
INNER JOIN raw.image ON image_candidate.image_id = image.image_id
CROSS JOIN main.parameter;

COMMENT ON VIEW core.image_dated IS
'The images that reach into each square, with their days and whether they lie in the window.';
COMMENT ON COLUMN core.image_dated.site_id IS 'Id of the site.';
COMMENT ON COLUMN core.image_dated.image_id IS 'Id of the image.';
COMMENT ON COLUMN core.image_dated.place_key IS 'Number made from the image''s outline, the same for each quad.';
COMMENT ON COLUMN core.image_dated.covered_share IS 'Share of the square that the image''s outline covers, 0-1.';
COMMENT ON COLUMN core.image_dated.year IS 'Year that the image shows.';
COMMENT ON COLUMN core.image_dated.date IS 'Day of the image, or the first day of a composite.';
COMMENT ON COLUMN core.image_dated.clarity IS 'Share of the image without cloud and haze, 0-1; NULL where unknown.';
COMMENT ON COLUMN core.image_dated.is_in_window IS 'Whether the image is from the window of months.';
