-- Status: Active, closed and undefined mines, share of number and of area.
--
-- Study:     country
-- Needs:     status
SELECT
    mine_status.status,
    count(*) AS n_mines,
    count(*) / sum(count(*)) OVER () AS n_share,
    sum(mine.area_km2) AS area_km2,
    sum(mine.area_km2) / sum(sum(mine.area_km2)) OVER () AS area_share
FROM mine
INNER JOIN mine_status ON mine.mine_id = mine_status.mine_id
WHERE mine.iso3 = $iso3
GROUP BY mine_status.status
ORDER BY mine_status.status;
