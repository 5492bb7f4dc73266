-- Figure 7d: Where mines are active, closed or undefined.
--
-- Study:     xu2025
-- Needs:     status
SELECT
    mine.mine_id,
    mine.longitude,
    mine.latitude,
    mine.area_km2,
    mine_status.status
FROM mine
INNER JOIN mine_status ON mine.mine_id = mine_status.mine_id
ORDER BY mine_status.status = 'undefined' DESC, mine.mine_id;
