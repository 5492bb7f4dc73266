-- place_within: The regions that it is made of, by mine area.
--
-- Needs:     parts
-- Apart:     protected, biome, grid
-- Finding:   {% set all = rows|sum(attribute='area_km2') %}{{ rows[0].region }} holds most mine area,
--            {{ rows[0].area_km2|km2 }}{% if all and rows|length > 1 %}, {{ (rows[0].area_km2 / all)|percent }} of what
--            lies in {{ rows|length|count('region') }}{% endif %}
SELECT
    region_name AS region,
    region_id,
    layer,
    n_mines,
    mine_area_km2 AS area_km2,
    mine_share_of_region AS region_share
FROM region_summary
WHERE parent_id = $region_id AND layer <> $layer AND mine_area_km2 > 0
ORDER BY mine_area_km2 DESC, region_name ASC
LIMIT 40;
