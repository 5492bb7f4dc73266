-- footprint_change_map: Change of the area found between the first and the last year of images, by 100 km cell.
--
-- Panel:     sepin2025 1
-- Needs:     segmentation
-- Finding:   {% set up = rows|selectattr('change_km2', 'gt', 0)|list %}
--            {% set down = rows|selectattr('change_km2', 'lt', 0)|list %}Mines grew in {{ up|length|count('cell') }}
--            of 100 km and shrank in {{ down|length|number }}; the largest change is
--            {{ '+' if rows[0].change_km2 > 0 else '' }}{{ rows[0].change_km2|km2 }}
SELECT
    cell_x,
    cell_y,
    area_first_km2,
    area_last_km2,
    change_km2,
    CASE
        WHEN change_km2 < -10 THEN 'loss of 10 and more'
        WHEN change_km2 < -1 THEN 'loss of 1 to 10'
        WHEN change_km2 < -0.1 THEN 'loss of 0.1 to 1'
        WHEN change_km2 < 0.1 THEN 'about the same'
        WHEN change_km2 < 1 THEN 'gain of 0.1 to 1'
        WHEN change_km2 < 10 THEN 'gain of 1 to 10'
        ELSE 'gain of 10 and more'
    END AS class,
    geometry
FROM segmented_change_grid
WHERE change_km2 IS NOT NULL
ORDER BY abs(change_km2) DESC, cell_x, cell_y ASC;
