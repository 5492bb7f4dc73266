-- place_size: Mines by size, share of their number and of their area here.
--
-- Needs:     polygons
-- Finding:   {% set big = rows|selectattr('size_km2', 'in', ['1 to 10', '10 and more'])|list %}
--            {% if big and rows|length > big|length %}The {{ big|sum(attribute='n_share')|percent }} of mines that
--            are larger than 1 km² make {{ big|sum(attribute='area_share')|percent }} of the area{% elif not big %}No
--            mine is larger than 1 km²{% else %}Every mine is larger than 1 km²{% endif %}
WITH sized AS (
    SELECT
        held.area_km2,
        mine.area_km2 AS whole_km2,
        CASE
            WHEN mine.area_km2 < 0.01 THEN 'below 0.01'
            WHEN mine.area_km2 < 0.1 THEN '0.01 to 0.1'
            WHEN mine.area_km2 < 1 THEN '0.1 to 1'
            WHEN mine.area_km2 < 10 THEN '1 to 10'
            ELSE '10 and more'
        END AS size_km2
    FROM region_overlap AS held
    INNER JOIN mine ON held.mine_id = mine.mine_id
    WHERE held.layer = $layer AND held.region_id = $region_id
)

SELECT
    size_km2,
    count(*) AS n_mines,
    sum(area_km2) AS area_km2,
    count(*) / sum(count(*)) OVER () AS n_share,
    sum(area_km2) / sum(sum(area_km2)) OVER () AS area_share
FROM sized
GROUP BY size_km2
ORDER BY max(whole_km2) DESC;
