-- place_map: Where the mines are, each dot as large as its area.
--
-- Needs:     countries
-- Finding:   {% set top = rows[0] %}The largest mine has {{ top.area_km2|km2 }} and lies at {{ top.latitude|north }},
--            {{ top.longitude|east }}
SELECT
    mine_id,
    longitude,
    latitude,
    area_km2
FROM mine
WHERE iso3 = $iso3
ORDER BY area_km2 DESC, mine_id;
