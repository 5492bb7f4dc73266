-- place_map: Where the mines are, each dot as large as its area here.
--
-- Needs:     polygons
-- Finding:   {% set top = rows[0] %}{% if rows|length > 1 %}Most ground is mined{% else %}It lies{% endif %} around
--            {{ top.latitude|north }}, {{ top.longitude|east }}: {{ top.area_km2|km2 }} {% if top.n_mines > 1 %}in
--            {{ top.n_mines|count('mine') }}{% endif %}{% if top.name %}, {{ top.name }}{% endif %}
-- Mines that a dot of the map would cover are one dot.
WITH here AS (
    SELECT
        mine.mine_id,
        mine.name,
        mine.commodity,
        mine.longitude,
        mine.latitude,
        held.area_km2
    FROM region_overlap AS held
    INNER JOIN mine ON held.mine_id = mine.mine_id
    WHERE held.layer = $layer AND held.region_id = $region_id
),

step AS (
    SELECT greatest(max(longitude) - min(longitude), max(latitude) - min(latitude), 0.02) / 300 AS degrees
    FROM here
)

SELECT
    arg_max(coalesce(here.name, here.mine_id), here.area_km2) AS mine,
    arg_max(here.name, here.area_km2) AS name,
    arg_max(here.commodity, here.area_km2) AS commodity,
    round(avg(here.longitude), 4) AS longitude,
    round(avg(here.latitude), 4) AS latitude,
    count(*) AS n_mines,
    sum(here.area_km2) AS area_km2
FROM here
CROSS JOIN step
GROUP BY floor(here.longitude / step.degrees), floor(here.latitude / step.degrees)
ORDER BY area_km2 DESC, longitude ASC, latitude ASC;
