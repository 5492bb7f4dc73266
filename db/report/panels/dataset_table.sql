-- dataset_table: Polygons and area of each source, of all together, and of the final mines.
--
-- Panel:     xu2025 T1
-- Needs:     polygons
-- Finding:   {% set by = facts.sources|sort(attribute='area_km2') %} {% if by|length > 1 %}{{ by[-1].dataset }} maps
--            {{ (by[-1].area_km2 / by[0].area_km2)|number }} times the area of {{ by[0].dataset }}; together they
--            make {{ facts.united_km2|km2 }}{% elif by %}{{ by[0].dataset }} maps {{ by[0].area_km2|km2 }}{% endif %}
-- Caveat:    A source counts its polygons after multi-part features are split; overlaps within a source count twice.
-- Published: section IN ('Table 1', '2.1') AND scope = 'dataset'
SELECT
    dataset,
    n_polygons,
    area_km2,
    mean_area_km2
FROM dataset_summary;
