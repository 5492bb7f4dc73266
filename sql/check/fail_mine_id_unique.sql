-- fail_mine_id_unique: Two mines share an id.
--
-- Reads:   core.mine.
SELECT
    mine_id,
    count(*) AS n
FROM core.mine
GROUP BY mine_id
HAVING count(*) > 1;
