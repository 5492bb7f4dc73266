-- warn_mine_without_country: A mine is far from every country that was given.
--
-- Reads:   core.mine, core.mine_country, core.country.
SELECT
    mine.mine_id,
    mine.longitude,
    mine.latitude
FROM core.mine
LEFT JOIN core.mine_country ON mine.mine_id = mine_country.mine_id
WHERE mine_country.mine_id IS NULL AND EXISTS (SELECT 1 FROM core.country);
