-- warn_reported_area: A source's outlines are more than its mines; the area it reports is in reported_km2.
--
-- Reads:   raw.load_issue.
SELECT
    source,
    n AS n_features,
    detail
FROM raw.load_issue
WHERE problem = 'outline is not the mine'
ORDER BY source;
