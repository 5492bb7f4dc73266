-- longitude_profile: Mine area and number of mines by degree of longitude.
--
-- Panel:     xu2025 4a
-- Needs:     polygons
-- Finding:   {% set top = rows|sort(attribute='area_km2', reverse=true)|first %}Most mine area lies at
--            {{ top.degree|east }} to {{ (top.degree + 1)|east }}: {{ top.area_km2|km2 }}
-- Caveat:    A mine counts whole where a point inside it lies.
SELECT
    degree,
    n_mines,
    area_km2
FROM longitude_profile
ORDER BY degree;
