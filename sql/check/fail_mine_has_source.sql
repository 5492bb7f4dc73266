-- fail_mine_has_source: A mine has no source polygon.
--
-- Reads:   core.mine, core.mine_lineage.
SELECT mine.mine_id
FROM core.mine
LEFT JOIN core.mine_lineage ON mine.mine_id = mine_lineage.mine_id
WHERE mine_lineage.mine_id IS NULL;
