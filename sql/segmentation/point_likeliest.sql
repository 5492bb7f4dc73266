-- core.point_likeliest: the probability of mine at each labelled point that was seen in its year.
--
-- Grain:   one row per point_id.
-- Reads:   raw.point, raw.point_probability, core.site_seen.
-- Caveat:  a point in several sites' squares takes the highest probability, as overlapping polygons are united.
-- Method:  docs/methods.md#segmentation (Sepin et al. 2025, Figure 5)
CREATE OR REPLACE VIEW core.point_likeliest AS
SELECT
    point.point_id,
    point.year,
    point.is_mine,
    max(point_probability.probability) AS probability
FROM raw.point_probability
INNER JOIN raw.point ON point_probability.point_id = point.point_id
INNER JOIN core.site_seen
    ON point_probability.site_id = site_seen.site_id AND point.year = site_seen.year
WHERE site_seen.status = 'done'
GROUP BY point.point_id, point.year, point.is_mine;

COMMENT ON VIEW core.point_likeliest IS
'The probability of mine at each labelled point that was seen in its year.';
COMMENT ON COLUMN core.point_likeliest.point_id IS 'Id of the point.';
COMMENT ON COLUMN core.point_likeliest.year IS 'Year.';
COMMENT ON COLUMN core.point_likeliest.is_mine IS 'Whether a person saw a mine there.';
COMMENT ON COLUMN core.point_likeliest.probability IS 'Probability of mine, 0-1.';
