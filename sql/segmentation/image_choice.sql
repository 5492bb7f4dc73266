-- image_choice: the images to take for each site and year, the clearest in the window of months first.
--
-- Grain:   one row per site_id, year, image_id; where quads meet, a site has several.
-- Reads:   core.image_dated, core.image_window, parameter.
-- Caveat:  of images with the same outline the clearest in the window of months is taken. Images from outside the
--          window fill what those in it leave, where they cover less than image_cover_min of the square together.
--          Unknown clarity counts as the least clear.
-- Method:  docs/methods.md#segmentation (Sepin et al. 2025, Methods)
CREATE OR REPLACE VIEW image_choice AS
WITH ranked AS (
    SELECT
        image_dated.*,
        coalesce(image_window.covered_share, 0) >= parameter.image_cover_min AS is_covered,
        row_number() OVER (
            PARTITION BY image_dated.site_id, image_dated.year, image_dated.place_key
            ORDER BY
                image_dated.is_in_window DESC,
                coalesce(image_dated.clarity, -1) DESC,
                image_dated.date ASC,
                image_dated.image_id ASC
        ) AS rank_in_place
    FROM core.image_dated
    CROSS JOIN main.parameter
    LEFT JOIN core.image_window
        ON image_dated.site_id = image_window.site_id AND image_dated.year = image_window.year
)

SELECT
    site_id,
    year,
    image_id,
    row_number() OVER (
        PARTITION BY site_id, year
        ORDER BY is_in_window DESC, coalesce(clarity, -1) DESC, covered_share DESC, image_id ASC
    ) AS priority,
    date,
    clarity,
    covered_share,
    is_in_window
FROM ranked
WHERE rank_in_place = 1 AND (is_in_window OR NOT is_covered);

COMMENT ON VIEW image_choice IS 'The images to take for each site and year, the clearest first.';
COMMENT ON COLUMN image_choice.site_id IS 'Id of the site.';
COMMENT ON COLUMN image_choice.year IS 'Year.';
COMMENT ON COLUMN image_choice.image_id IS 'Id of the image.';
COMMENT ON COLUMN image_choice.priority IS 'Order in which images fill the square, from 1.';
COMMENT ON COLUMN image_choice.date IS 'Day of the image, or the first day of a composite.';
COMMENT ON COLUMN image_choice.clarity IS 'Share of the image without cloud and haze, 0-1; NULL where unknown.';
COMMENT ON COLUMN image_choice.covered_share IS 'Share of the square that the image''s outline covers, 0-1.';
COMMENT ON COLUMN image_choice.is_in_window IS 'Whether the image is from the window of months.';
