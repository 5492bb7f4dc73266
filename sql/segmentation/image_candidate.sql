-- core.image_candidate: which images reach into which site's square.
--
-- Grain:   one row per site_id, image_id.
-- Reads:   core.site, raw.image.
-- Stored:  yes, one spatial join.
-- Method:  docs/methods.md#segmentation
CREATE OR REPLACE VIEW core.image_candidate AS
SELECT
    site.site_id,
    image.image_id,
    core.geometry_key(image.geometry) AS place_key,
    ST_Area(ST_Intersection(site.geometry, image.geometry)) / ST_Area(site.geometry) AS covered_share
FROM core.site
INNER JOIN raw.image
    ON ST_Intersects(site.geometry, image.geometry)
ORDER BY site.site_id, image.image_id;

COMMENT ON VIEW core.image_candidate IS 'Which images reach into which site''s square.';
COMMENT ON COLUMN core.image_candidate.site_id IS 'Id of the site.';
COMMENT ON COLUMN core.image_candidate.image_id IS 'Id of the image.';
COMMENT ON COLUMN core.image_candidate.place_key IS 'Number made from the image''s outline, the same for each quad.';
COMMENT ON COLUMN core.image_candidate.covered_share IS 'Share of the square that the image''s outline covers, 0-1.';
