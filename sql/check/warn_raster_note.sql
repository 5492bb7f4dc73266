-- warn_raster_note: What raster files say looks wrong, or changes which of them are read; see raw.load_issue.
--
-- Reads:   raw.load_issue.
SELECT
    source,
    problem,
    action,
    count(*) AS n_files,
    min(detail) AS first_detail
FROM raw.load_issue
WHERE problem IN ('implausible scale', 'raster under others')
GROUP BY source, problem, action
ORDER BY source, problem;
