-- Figure 1: Change of the segmented mine area between the first and the last year, by 100 km cell.
--
-- Study:     sepin2025
-- Needs:     segmentation
SELECT
    cell_x,
    cell_y,
    area_first_km2,
    area_last_km2,
    change_km2,
    geometry
FROM segmented_change_grid
WHERE change_km2 IS NOT NULL;
