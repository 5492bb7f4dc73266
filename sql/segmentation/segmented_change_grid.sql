-- segmented_change_grid: mine area in 100 km cells in the first and the last year, and the change.
--
-- Grain:   one row per cell that holds a mine in either year.
-- Reads:   core.footprint_grid, core.grid_cell, core.site_seen.
-- Caveat:  the change compares what was found by sites and sources that were segmented in both years; where one of them
--          found something in one year only, the other has 0. Without any the change is unknown (NULL), and so is the
--          area of the year that nobody looked at there. Where only part of a cell was segmented in both years the
--          change is that part's, and less than the difference of the areas.
-- Method:  docs/methods.md#grid (Sepin et al. 2025, Figure 1)
CREATE OR REPLACE VIEW segmented_change_grid AS
WITH span AS (
    SELECT
        min(year) AS first_year,
        max(year) AS last_year
    FROM core.site_seen
    WHERE status = 'done'
)

SELECT
    cell.cell_x,
    cell.cell_y,
    CASE
        WHEN first_grid.year IS NOT NULL THEN first_grid.area_km2
        WHEN last_grid.compared_km2 IS NOT NULL THEN 0
    END AS area_first_km2,
    CASE
        WHEN last_grid.year IS NOT NULL THEN last_grid.area_km2
        WHEN first_grid.compared_km2 IS NOT NULL THEN 0
    END AS area_last_km2,
    CASE
        WHEN coalesce(first_grid.compared_km2, last_grid.compared_km2) IS NOT NULL
            THEN coalesce(last_grid.compared_km2, 0) - coalesce(first_grid.compared_km2, 0)
    END AS change_km2,
    cell.geometry
FROM core.grid_cell AS cell
CROSS JOIN span
LEFT JOIN core.footprint_grid AS first_grid
    ON
        cell.cell_x = first_grid.cell_x
        AND cell.cell_y = first_grid.cell_y
        AND span.first_year = first_grid.year
LEFT JOIN core.footprint_grid AS last_grid
    ON
        cell.cell_x = last_grid.cell_x
        AND cell.cell_y = last_grid.cell_y
        AND span.last_year = last_grid.year
WHERE first_grid.year IS NOT NULL OR last_grid.year IS NOT NULL
ORDER BY cell.cell_x, cell.cell_y;

COMMENT ON VIEW segmented_change_grid IS
'Mine area in 100 km cells in the first and the last year, and the change.';
COMMENT ON COLUMN segmented_change_grid.cell_x IS 'Column of the cell: easting divided by the side, rounded down.';
COMMENT ON COLUMN segmented_change_grid.cell_y IS 'Row of the cell: northing divided by the side, rounded down.';
COMMENT ON COLUMN segmented_change_grid.area_first_km2 IS
'Mine area in the first segmented year, km2; NULL: not segmented there.';
COMMENT ON COLUMN segmented_change_grid.area_last_km2 IS
'Mine area in the last segmented year, km2; NULL: not segmented there.';
COMMENT ON COLUMN segmented_change_grid.change_km2 IS
'Last minus first where both years were segmented, km2; NULL: nowhere.';
COMMENT ON COLUMN segmented_change_grid.geometry IS 'Outline of the cell, EPSG:4326.';
