-- status_pixels: Pixels that were developed, and that were reclaimed, in one mine of each status.
--
-- Panel:     xu2025 7a
-- Needs:     status
-- Finding:   {% set one = rows[0] %}From {{ one.first_year }} to {{ one.last_year }} the {{ one.status }} mine at
--            {{ one.latitude|north }}, {{ one.longitude|east }} saw {{ one.developed_km2|km2 }} developed and
--            {{ one.reclaimed_km2|km2 }} reclaimed
-- Caveat:    Pixels are compared between the first and the last of these years, whole ones along the outline, too.
--            Each square is about as wide as its mine.
-- Of the mines of one status, up to 2 km2, the one with the most change of land cover.
WITH span AS (
    SELECT
        min(epoch.year) AS first_year,
        max(epoch.year) AS last_year
    FROM raw.landcover_epoch AS epoch
    CROSS JOIN parameter
    WHERE epoch.year BETWEEN parameter.trend_first_year AND parameter.trend_last_year
    HAVING min(epoch.year) < max(epoch.year)
),

changed AS (
    SELECT
        yearly.mine_id,
        sum(yearly.developed_km2) AS developed_km2,
        sum(yearly.reclaimed_km2) AS reclaimed_km2
    FROM mine_disturbance_yearly AS yearly
    CROSS JOIN span
    WHERE yearly.year > span.first_year AND yearly.year <= span.last_year
    GROUP BY yearly.mine_id
)

SELECT
    mine_status.status,
    concat_ws(', ', mine_status.status, coalesce(mine.name, mine.mine_id), mine.country) AS title,
    mine.mine_id,
    mine.area_km2,
    span.first_year,
    span.last_year,
    changed.developed_km2,
    changed.reclaimed_km2,
    mine.longitude,
    mine.latitude,
    ST_AsText(mine.geometry) AS outline
FROM mine
INNER JOIN mine_status ON mine.mine_id = mine_status.mine_id
INNER JOIN changed ON mine.mine_id = changed.mine_id
CROSS JOIN span
WHERE mine.area_km2 <= 2
QUALIFY
    row_number() OVER (
        PARTITION BY mine_status.status
        ORDER BY changed.developed_km2 + changed.reclaimed_km2 DESC, mine.mine_id
    ) = 1
ORDER BY mine_status.status;
