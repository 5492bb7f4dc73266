-- site_clouds: The clearest and the cloudiest image of one site in one year.
--
-- Panel:     sepin2025 S3
-- Needs:     images
-- Finding:   Of site {{ rows[0].site_id }} one image is {{ rows[0].clarity|percent }} clear, another of the same year
--            {{ rows[-1].clarity|percent }}
-- The site and year whose images differ most.
WITH candidate AS (
    SELECT
        candidate.site_id,
        image.year,
        image.image_id,
        image.date,
        image.path,
        image.bands,
        image.clarity
    FROM core.image_candidate AS candidate
    INNER JOIN raw.image AS image ON candidate.image_id = image.image_id
    WHERE candidate.covered_share > 0.99 AND image.clarity IS NOT NULL
),

example AS (
    SELECT
        site_id,
        year,
        arg_max(image_id, clarity) AS clearest,
        arg_min(image_id, clarity) AS cloudiest
    FROM candidate
    GROUP BY site_id, year
    HAVING count(*) > 1
    ORDER BY max(clarity) - min(clarity) DESC, site_id, year ASC
    LIMIT 1
)

SELECT
    candidate.site_id,
    candidate.date || ', ' || round(100 * candidate.clarity, 1) || ' % clear' AS title,
    candidate.date,
    candidate.clarity,
    site.longitude,
    site.latitude,
    site.side_m,
    [candidate.path] AS paths,
    [candidate.bands] AS bands,
    NULL::STRUCT(kind VARCHAR, geometry VARCHAR)[] AS outlines
FROM candidate
INNER JOIN example
    ON
        candidate.site_id = example.site_id
        AND candidate.image_id IN (example.clearest, example.cloudiest)
INNER JOIN core.site AS site ON candidate.site_id = site.site_id
ORDER BY candidate.clarity DESC, candidate.image_id ASC;
