-- Figure 4c, latitude: Mine area by degree of latitude.
--
-- Study:     xu2025
-- Needs:     polygons
SELECT
    degree,
    n_mines,
    area_km2
FROM latitude_profile
ORDER BY degree;
