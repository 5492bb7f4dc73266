-- place_footprint: Area found in each year's images.
--
-- Needs:     segmentation
-- Finding:   {% if rows|length > 1 %}The area seen as mine went from {{ rows[-1].area_km2|km2 }} in
--            {{ rows[-1].year }} to {{ rows[0].area_km2|km2 }} in {{ rows[0].year }}{% else %}In {{ rows[0].year }}
--            {{ rows[0].area_km2|km2 }} were seen as mine{% endif %}
-- Caveat:    A polygon that no neighbour year confirms is left out, so the newest year lacks new mining apart from
--            older mining. Polygons on the border count with the part inside.
SELECT
    year,
    n_polygons_reaching AS n_polygons,
    segmented_km2 AS area_km2,
    reported_km2
FROM region_yearly
WHERE layer = $layer AND region_id = $region_id AND segmented_km2 IS NOT NULL
ORDER BY year DESC;
