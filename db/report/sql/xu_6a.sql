-- Figure 6a: Area developed and reclaimed each year, and the gap between them.
--
-- Study:     xu2025
-- Needs:     landcover
-- Published: section = '3.2' AND metric IN ('disturbed_area_per_year', 'reclaimed_area_per_year')
SELECT
    year,
    developed_km2,
    reclaimed_km2,
    gap_km2
FROM disturbance_yearly
ORDER BY year;
