-- reclamation_country: Share of the mine area that is not bare in the 15 countries with the largest mine area.
--
-- Panel:     xu2025 A5
-- Needs:     landcover
-- Finding:   {% set by = rows|rejectattr('reclamation_share', 'none')|list %}Of the largest mining countries
--            {{ by[0].country }} has least bare ground: {{ by[0].reclamation_share|percent }} of its mine area is not
--            bare{% if by|length > 1 %}; {{ by[-1].country }} has most,
--            {{ by[-1].reclamation_share|percent }}{% endif %}
-- Caveat:    The study says 2023; a land cover ends where it ends.
-- Published: metric = 'reclamation_rate' AND scope = 'country'
SELECT
    yearly.name AS country,
    yearly.year,
    1 - yearly.bare_surface_share AS reclamation_share,
    yearly.mine_related_km2,
    yearly.known_km2,
    country_summary.area_km2
FROM bare_surface_yearly AS yearly
INNER JOIN country_summary ON yearly.iso3 = country_summary.iso3
WHERE
    yearly.scope = 'country'
    AND country_summary.area_rank <= 15
    AND yearly.year = (
        SELECT max(y.year) FROM bare_surface_yearly AS y
        WHERE y.bare_surface_share IS NOT NULL
    )
ORDER BY reclamation_share DESC, country ASC;
