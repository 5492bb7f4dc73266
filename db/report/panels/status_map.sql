-- status_map: Where mines are active, closed or undefined.
--
-- Panel:     xu2025 7a
-- Needs:     status
-- Finding:   {% set active = rows|selectattr('status', 'eq', 'active')|list %} {% if active %}
--            {% set top = active[0] %}The largest active ground lies around {{ top.latitude|north }},
--            {{ top.longitude|east }}{% if top.country %} in {{ top.country }}{% endif %}:
--            {{ top.area_km2|km2 }}{% else %}No mine shows a trend that makes it active{% endif %}
-- Mines that a dot of the map would cover are one dot.
WITH step AS (
    SELECT greatest(max(longitude) - min(longitude), max(latitude) - min(latitude), 0.5) / 300 AS degrees
    FROM mine
)

SELECT
    round(avg(mine.longitude), 4) AS longitude,
    round(avg(mine.latitude), 4) AS latitude,
    mine.country,
    mine_status.status,
    count(*) AS n_mines,
    sum(mine.area_km2) AS area_km2
FROM mine
INNER JOIN mine_status ON mine.mine_id = mine_status.mine_id
CROSS JOIN step
GROUP BY
    floor(mine.longitude / step.degrees),
    floor(mine.latitude / step.degrees),
    mine.country,
    mine_status.status
ORDER BY area_km2 DESC, longitude ASC, latitude ASC;
