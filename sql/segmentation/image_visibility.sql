-- image_visibility: how clear the chosen images are, by year.
--
-- Grain:   one row per year with images of known clarity.
-- Reads:   core.site_clarity.
-- Caveat:  a site's clarity is the mean of its images, weighted by what each covers of the square.
-- Method:  docs/methods.md#segmentation (Sepin et al. 2025, Table S2, which prints percent)
CREATE OR REPLACE VIEW image_visibility AS
SELECT
    year,
    list_avg(list_sort(list(clarity))) AS mean,
    list_stddev_samp(list_sort(list(clarity))) AS sd,
    quantile_cont(clarity, 0.01) AS p01,
    quantile_cont(clarity, 0.05) AS p05,
    quantile_cont(clarity, 0.10) AS p10,
    quantile_cont(clarity, 0.50) AS p50,
    quantile_cont(clarity, 0.90) AS p90
FROM core.site_clarity
GROUP BY year
ORDER BY year;

COMMENT ON VIEW image_visibility IS 'How clear the chosen images are, by year.';
COMMENT ON COLUMN image_visibility.year IS 'Year.';
COMMENT ON COLUMN image_visibility.mean IS 'Mean share without cloud and haze over sites, 0-1.';
COMMENT ON COLUMN image_visibility.sd IS 'Standard deviation over sites, 0-1; NULL for a single site.';
COMMENT ON COLUMN image_visibility.p01 IS '1st percentile over sites, 0-1.';
COMMENT ON COLUMN image_visibility.p05 IS '5th percentile over sites, 0-1.';
COMMENT ON COLUMN image_visibility.p10 IS '10th percentile over sites, 0-1.';
COMMENT ON COLUMN image_visibility.p50 IS 'Median over sites, 0-1.';
COMMENT ON COLUMN image_visibility.p90 IS '90th percentile over sites, 0-1.';
