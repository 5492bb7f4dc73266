-- reclamation_country: Share of the mine area that is not bare in the 15 countries with the largest mine area.
--
-- Panel:     xu2025 A5
-- Needs:     landcover
-- Finding:   {% set by = rows|sort(attribute='reclamation_share', reverse=true) %}Of the largest mining countries
--            {{ by[0].country }} has most of its mine area green again,
--            {{ by[0].reclamation_share|percent }}{% if by|length > 1 %}; {{ by[-1].country }} least,
--            {{ by[-1].reclamation_share|percent }}{% endif %}
-- Caveat:    The study says 2023; a land cover ends where it ends.
-- Published: metric = 'reclamation_rate' AND scope = 'country'
WITH newest AS (
    SELECT
        iso3,
        max(year) AS year
    FROM reclamation_rate
    WHERE scope = 'country' AND reclamation_share IS NOT NULL
    GROUP BY iso3
)

SELECT
    reclamation_rate.name AS country,
    reclamation_rate.year,
    reclamation_rate.reclamation_share,
    reclamation_rate.mine_related_km2,
    reclamation_rate.known_km2,
    country_summary.area_km2
FROM reclamation_rate
INNER JOIN newest ON reclamation_rate.iso3 = newest.iso3 AND reclamation_rate.year = newest.year
INNER JOIN country_summary ON reclamation_rate.iso3 = country_summary.iso3
WHERE reclamation_rate.scope = 'country'
ORDER BY country_summary.area_rank
LIMIT 15;
