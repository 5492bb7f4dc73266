-- mine_map: Where the mines are, each dot as large as their area.
--
-- Panel:     xu2025 4a
-- Needs:     polygons
-- Finding:   {% set top = rows[0] %}Nowhere is more ground mined than around {{ top.latitude|north }},
--            {{ top.longitude|east }}{% if top.country %} in {{ top.country }}{% endif %}:
--            {{ top.area_km2|km2 }}{% if top.n_mines > 1 %} in {{ top.n_mines|count('mine') }}{% endif %}
-- Mines that a dot of the map would cover are one dot.
WITH step AS (
    SELECT greatest(max(longitude) - min(longitude), max(latitude) - min(latitude), 0.5) / 300 AS degrees
    FROM mine
)

SELECT
    round(avg(mine.longitude), 4) AS longitude,
    round(avg(mine.latitude), 4) AS latitude,
    mine.country,
    count(*) AS n_mines,
    sum(mine.area_km2) AS area_km2
FROM mine
CROSS JOIN step
GROUP BY floor(mine.longitude / step.degrees), floor(mine.latitude / step.degrees), mine.country
ORDER BY area_km2 DESC, longitude ASC, latitude ASC;
