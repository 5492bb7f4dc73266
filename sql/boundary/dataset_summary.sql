-- dataset_summary: number and area of polygons of each source, of their union and of the final mines.
--
-- Grain:   one row per dataset.
-- Reads:   core.polygon, core.merged, core.mine.
-- Caveat:  a source counts its polygons after multi-part features are split; overlaps within a source count twice.
-- Method:  docs/methods.md#areas (Xu et al. 2025, Table 1)
CREATE OR REPLACE VIEW dataset_summary AS
WITH outline AS (
    SELECT
        source AS dataset,
        area_km2,
        reported_km2
    FROM core.polygon

    UNION ALL

    SELECT
        'merged' AS dataset,
        area_km2,
        NULL AS reported_km2
    FROM core.merged

    UNION ALL

    SELECT
        'final' AS dataset,
        area_km2,
        NULL AS reported_km2
    FROM core.mine
)

SELECT
    dataset,
    count(*) AS n_polygons,
    core.reproducible_sum(area_km2) AS area_km2,
    core.reproducible_sum(area_km2) / count(area_km2) AS mean_area_km2,
    CASE WHEN count(reported_km2) > 0 THEN core.reproducible_sum(reported_km2) END AS reported_km2
FROM outline
GROUP BY dataset
ORDER BY dataset IN ('merged', 'final'), dataset = 'final', dataset;

COMMENT ON VIEW dataset_summary IS
'Number and area of polygons of each source, of their union and of the final mines.';
COMMENT ON COLUMN dataset_summary.dataset IS 'Source name; merged = union of all; final = mines.';
COMMENT ON COLUMN dataset_summary.n_polygons IS 'Number of polygons.';
COMMENT ON COLUMN dataset_summary.area_km2 IS 'Sum of their areas, km2, on the WGS84 ellipsoid.';
COMMENT ON COLUMN dataset_summary.mean_area_km2 IS 'Mean area of a polygon, km2.';
COMMENT ON COLUMN dataset_summary.reported_km2 IS
'Area of mines as the publisher reports it beside outlines that are more, km2; NULL where none is reported.';
