-- fail_country_split: A mine's areas by country do not add up to the mine.
--
-- Reads:   core.mine, core.mine_country, core.mine_place.
WITH split AS (
    SELECT
        mine_id,
        sum(area_km2) AS area_km2
    FROM core.mine_place
    WHERE layer = 'country'
    GROUP BY mine_id
)

SELECT
    mine.mine_id,
    mine.area_km2,
    split.area_km2 AS split_km2
FROM core.mine
INNER JOIN core.mine_country ON mine.mine_id = mine_country.mine_id
LEFT JOIN split ON mine.mine_id = split.mine_id
WHERE
    split.area_km2 IS NULL
    OR abs(split.area_km2 - mine.area_km2) > 1e-6 * mine.area_km2 + 1e-9;
