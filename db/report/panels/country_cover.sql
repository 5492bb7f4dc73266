-- country_cover: Land taken (to the right) and given back (to the left) in the 15 countries where most changed.
--
-- Panel:     xu2025 6d
-- Needs:     landcover
-- Finding:   {% set top = rows|selectattr('country', 'eq', rows[0].country)|list %}Most land changed in
--            {{ rows[0].country }}: {{ top|sum(attribute='developed_km2')|km2 }} taken,
--            {{ top|sum(attribute='reclaimed_km2')|km2 }} given back
-- Caveat:    A mine counts for the one country that holds most of it.
WITH total AS (
    SELECT
        iso3,
        country,
        cover_type,
        sum(developed_km2) AS developed_km2,
        sum(reclaimed_km2) AS reclaimed_km2
    FROM country_disturbance_yearly
    WHERE is_in_totals
    GROUP BY iso3, country, cover_type
),

largest AS (
    SELECT
        iso3,
        sum(developed_km2 + reclaimed_km2) AS changed_km2
    FROM total
    GROUP BY iso3
    ORDER BY changed_km2 DESC, iso3 ASC
    LIMIT 15
)

SELECT
    total.country,
    total.cover_type,
    total.developed_km2,
    total.reclaimed_km2
FROM total
INNER JOIN largest ON total.iso3 = largest.iso3
ORDER BY largest.changed_km2 DESC, total.country ASC, total.developed_km2 DESC, total.cover_type ASC;
