-- image_choice: the images to take for each site and year, the clearest first.
--
-- Grain:   one row per site_id, year, image_id; where quads meet, a site has several.
-- Reads:   core.image_candidate, raw.image, parameter.
-- Caveat:  of images with the same outline the clearest in the window of months is taken; a year without any in
--          the window takes what there is. Unknown clarity counts as the least clear. A window whose first month is
--          after its last goes over the new year: both ends of one calendar year.
-- Method:  docs/methods.md#segmentation (Sepin et al. 2025, Methods)
CREATE OR REPLACE VIEW image_choice AS
WITH dated AS (
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
    CROSS JOIN main.parameter
),

ranked AS (
    SELECT
        *,
        bool_or(is_in_window) OVER (PARTITION BY site_id, year) AS has_window,
        row_number() OVER (
            PARTITION BY site_id, year, place_key
            ORDER BY is_in_window DESC, coalesce(clarity, -1) DESC, date ASC, image_id ASC
        ) AS rank_in_place
    FROM dated
)

SELECT
    site_id,
    year,
    image_id,
    row_number() OVER (
        PARTITION BY site_id, year
        ORDER BY coalesce(clarity, -1) DESC, covered_share DESC, image_id ASC
    ) AS priority,
    date,
    clarity,
    covered_share,
    is_in_window
FROM ranked
WHERE rank_in_place = 1 AND (is_in_window OR NOT has_window);

COMMENT ON VIEW image_choice IS 'The images to take for each site and year, the clearest first.';
COMMENT ON COLUMN image_choice.site_id IS 'Id of the site.';
COMMENT ON COLUMN image_choice.year IS 'Year.';
COMMENT ON COLUMN image_choice.image_id IS 'Id of the image.';
COMMENT ON COLUMN image_choice.priority IS 'Order in which images fill the square, from 1.';
COMMENT ON COLUMN image_choice.date IS 'Day of the image, or the first day of a composite.';
COMMENT ON COLUMN image_choice.clarity IS 'Share of the image without cloud and haze, 0-1; NULL where unknown.';
COMMENT ON COLUMN image_choice.covered_share IS 'Share of the square that the image''s outline covers, 0-1.';
COMMENT ON COLUMN image_choice.is_in_window IS 'Whether the image is from the window of months.';
