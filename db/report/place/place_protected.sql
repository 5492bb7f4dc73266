-- place_protected: The Key Biodiversity Areas that mines reach into.
--
-- Needs:     protected
-- Apart:     protected
-- Finding:   {% set all = rows[0] %}{{ all.n_mines|count('mine') }} {{ 'reaches' if all.n_mines == 1 else 'reach' }}
--            into Key Biodiversity Areas, with {{ all.area_km2|km2 }} inside,
--            {{ (all.area_km2 / facts.area_km2)|percent }} of the mine area{% if rows|length > 2 %},
--            most of it in {{ rows[1].area_name }}{% endif %}
-- Caveat:    In the first row ground under several areas counts once; in the others each counts what it holds.
WITH here AS (
    SELECT
        place.mine_id,
        place.piece_id,
        inside.region_id,
        place.area_km2
    FROM core.mine_piece_place AS place
    INNER JOIN core.mine_piece_region AS inside ON place.piece_id = inside.piece_id
    WHERE place.layer = $layer AND place.region_id = $region_id AND inside.layer = 'protected'
),

ground AS (
    SELECT DISTINCT
        mine_id,
        piece_id,
        area_km2
    FROM here
),

listed AS (
    SELECT
        'all together, once' AS area_name,
        TRUE AS is_sum,
        count(DISTINCT mine_id) AS n_mines,
        sum(area_km2) AS area_km2
    FROM ground
    HAVING count(*) > 0

    UNION ALL

    SELECT
        coalesce(region.region_name, here.region_id) AS area_name,
        FALSE AS is_sum,
        count(DISTINCT here.mine_id) AS n_mines,
        sum(here.area_km2) AS area_km2
    FROM here
    INNER JOIN region ON region.layer = 'protected' AND here.region_id = region.region_id
    GROUP BY region.region_name, here.region_id
)

SELECT
    area_name,
    n_mines,
    area_km2
FROM listed
ORDER BY is_sum DESC, area_km2 DESC, area_name ASC;
