-- Size: Mines by size, share of number and of area.
--
-- Study:     country
-- Needs:     countries
SELECT
    CASE
        WHEN area_km2 < 0.01 THEN 'below 0.01 km2'
        WHEN area_km2 < 0.1 THEN '0.01 to 0.1 km2'
        WHEN area_km2 < 1 THEN '0.1 to 1 km2'
        WHEN area_km2 < 10 THEN '1 to 10 km2'
        ELSE '10 km2 and more'
    END AS size,
    count(*) AS n_mines,
    sum(area_km2) AS area_km2,
    count(*) / (SELECT count(*) FROM mine AS m WHERE m.iso3 = $iso3) AS n_share,
    sum(area_km2) / (SELECT sum(m.area_km2) FROM mine AS m WHERE m.iso3 = $iso3) AS area_share
FROM mine
WHERE iso3 = $iso3
GROUP BY size
ORDER BY max(mine.area_km2);
