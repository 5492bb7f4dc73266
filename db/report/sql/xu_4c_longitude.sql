-- Figure 4c, longitude: Mine area by degree of longitude.
--
-- Study:     xu2025
-- Needs:     polygons
SELECT
    degree,
    n_mines,
    area_km2
FROM longitude_profile
ORDER BY degree;
