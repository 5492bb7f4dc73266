-- warn_repair_area: Repair changed the area of outlines by more than repair_area_change_max; see raw.load_issue.
--
-- Reads:   raw.load_issue, parameter.
-- Caveat:  a ring that crosses itself has an area as published in which one lobe takes from another: the larger of both
--          areas is what a change is measured by.
WITH repaired AS (
    SELECT
        source,
        feature_id,
        area_before_km2,
        area_before_km2 + area_change_km2 AS area_after_km2,
        abs(area_change_km2) AS change_km2
    FROM raw.load_issue
    WHERE area_change_km2 IS NOT NULL
)

SELECT
    repaired.source,
    count(*) AS n_features,
    arg_max(repaired.feature_id, repaired.change_km2) AS largest_change_in,
    sum(repaired.area_before_km2) AS area_before_km2,
    sum(repaired.area_after_km2) AS area_after_km2
FROM repaired, main.parameter
WHERE
    repaired.change_km2
    > parameter.repair_area_change_max * greatest(repaired.area_before_km2, repaired.area_after_km2)
GROUP BY repaired.source
ORDER BY repaired.source;
