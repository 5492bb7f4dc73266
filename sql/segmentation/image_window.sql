-- core.image_window: how much of each square the images in the window of months cover, by year.
--
-- Grain:   one row per site_id, year with an image in the window.
-- Reads:   core.site, raw.image, core.image_dated.
-- Stored:  yes, unites outlines.
-- Method:  docs/methods.md#segmentation (Sepin et al. 2025, Methods)
CREATE OR REPLACE VIEW core.image_window AS
WITH largest AS (
    SELECT
        site_id,
        year,
        max(covered_share) AS covered_share
    FROM core.image_dated
    WHERE is_in_window
    GROUP BY site_id, year
),

-- Where one image covers the whole square there is nothing to unite.
united AS (
    SELECT
        image_dated.site_id,
        image_dated.year,
        ST_Union_Agg(ST_Intersection(site.geometry, image.geometry) ORDER BY image_dated.image_id) AS geometry
    FROM core.image_dated
    INNER JOIN largest ON image_dated.site_id = largest.site_id AND image_dated.year = largest.year
    INNER JOIN core.site ON image_dated.site_id = site.site_id
    INNER JOIN raw.image ON image_dated.image_id = image.image_id
    WHERE image_dated.is_in_window AND largest.covered_share < 0.9999
    GROUP BY image_dated.site_id, image_dated.year
)

SELECT
    largest.site_id,
    largest.year,
    coalesce(ST_Area(united.geometry) / ST_Area(site.geometry), largest.covered_share) AS covered_share
FROM largest
INNER JOIN core.site ON largest.site_id = site.site_id
LEFT JOIN united ON largest.site_id = united.site_id AND largest.year = united.year
ORDER BY largest.site_id, largest.year;

COMMENT ON VIEW core.image_window IS
'How much of each square the images in the window of months cover, by year.';
COMMENT ON COLUMN core.image_window.site_id IS 'Id of the site.';
COMMENT ON COLUMN core.image_window.year IS 'Year.';
COMMENT ON COLUMN core.image_window.covered_share IS 'Share of the square under the outlines of these images, 0-1.';
