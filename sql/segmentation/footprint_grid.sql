-- core.footprint_grid: mine area in grid cells in the first and the last segmented year.
--
-- Grain:   one row per cell_x, cell_y, year; years are the first and the last.
-- Reads:   core.footprint_placed, core.footprint_united, core.footprint_outline, core.footprint_component,
--          core.site_seen, core.footprint_region, core.footprint_cell.
-- Layers:  grid.
-- Stored:  yes, it cuts polygons by the cells of the grid.
-- Method:  docs/methods.md#grid
CREATE OR REPLACE VIEW core.footprint_grid AS
WITH span AS (
    SELECT
        min(year) AS first_year,
        max(year) AS last_year
    FROM core.site_seen
    WHERE status = 'done'
),

-- Components that a site or source has found which was segmented in both years.
seen_twice AS (
    SELECT footprint_component.component_key
    FROM core.footprint_outline AS outline
    INNER JOIN core.footprint_component
        ON outline.footprint_key = footprint_component.footprint_key
    INNER JOIN core.site_seen
        ON
            outline.dataset = site_seen.dataset
            AND outline.site_id IS NOT DISTINCT FROM site_seen.site_id
    CROSS JOIN span
    WHERE site_seen.status = 'done'
    GROUP BY footprint_component.component_key
    HAVING
        bool_or(site_seen.year = span.first_year)
        AND bool_or(site_seen.year = span.last_year)
),

polygon AS (
    SELECT
        footprint_id,
        component_key IN (SELECT seen_twice.component_key FROM seen_twice) AS is_compared
    FROM core.footprint_united
)

SELECT
    footprint_cell.cell_x,
    footprint_cell.cell_y,
    footprint.year,
    core.reproducible_sum(footprint_region.area_km2) AS area_km2,
    core.reproducible_sum(CASE WHEN polygon.is_compared THEN footprint_region.area_km2 END) AS compared_km2
FROM core.footprint_placed AS footprint
INNER JOIN polygon ON footprint.footprint_id = polygon.footprint_id
INNER JOIN core.footprint_region
    ON footprint.footprint_id = footprint_region.footprint_id AND footprint_region.layer = 'grid'
INNER JOIN core.footprint_cell ON footprint_region.region_id = footprint_cell.region_id
WHERE
    footprint.is_continuous IS DISTINCT FROM FALSE AND footprint.is_main_threshold
    AND footprint.year IN (SELECT unnest([span.first_year, span.last_year]) FROM span)
GROUP BY footprint_cell.cell_x, footprint_cell.cell_y, footprint.year
ORDER BY footprint_cell.cell_x, footprint_cell.cell_y, footprint.year;

COMMENT ON VIEW core.footprint_grid IS
'Mine area in grid cells in the first and the last segmented year.';
COMMENT ON COLUMN core.footprint_grid.cell_x IS 'Column of the cell: easting divided by the side, rounded down.';
COMMENT ON COLUMN core.footprint_grid.cell_y IS 'Row of the cell: northing divided by the side, rounded down.';
COMMENT ON COLUMN core.footprint_grid.year IS 'Year.';
COMMENT ON COLUMN core.footprint_grid.area_km2 IS 'Mine area in the cell, km2, on the WGS84 ellipsoid.';
COMMENT ON COLUMN core.footprint_grid.compared_km2 IS
'Of which found by a site or source that was segmented in both years, km2; NULL: none was.';
