-- core.site_clarity: how clear the chosen images of each site are, by year.
--
-- Grain:   one row per site_id, year with images of known clarity.
-- Reads:   image_choice, raw.image, core.site_seen.
-- Caveat:  where images have a scene classification, what of the square was seen, once it was segmented: their pixels
--          under cloud are no data. Else the mean of the images' own clarity, weighted by what each covers of the
--          square: a catalogue says how clear a whole image is, not the square.
-- Method:  docs/methods.md#segmentation
CREATE OR REPLACE VIEW core.site_clarity AS
WITH chosen AS (
    SELECT
        image_choice.site_id,
        image_choice.year,
        bool_or(list_contains([part.band FOR part IN image.parts], 'scl')) AS is_classified,
        sum(image_choice.clarity * image_choice.covered_share ORDER BY image_choice.image_id)
        / sum(
            CASE WHEN image_choice.clarity IS NOT NULL THEN image_choice.covered_share END
            ORDER BY image_choice.image_id
        ) AS clarity
    FROM main.image_choice
    INNER JOIN raw.image ON image_choice.image_id = image.image_id
    WHERE image_choice.covered_share > 0
    GROUP BY image_choice.site_id, image_choice.year
),

measured AS (
    SELECT
        chosen.site_id,
        chosen.year,
        CASE WHEN chosen.is_classified THEN site_seen.seen_share ELSE chosen.clarity END AS clarity
    FROM chosen
    LEFT JOIN core.site_seen ON chosen.site_id = site_seen.site_id AND chosen.year = site_seen.year
)

SELECT
    site_id,
    year,
    clarity
FROM measured
WHERE clarity IS NOT NULL;

COMMENT ON VIEW core.site_clarity IS 'How clear the chosen images of each site are, by year.';
COMMENT ON COLUMN core.site_clarity.site_id IS 'Id of the site.';
COMMENT ON COLUMN core.site_clarity.year IS 'Year.';
COMMENT ON COLUMN core.site_clarity.clarity IS 'Share without cloud and haze, 0-1.';
