-- reclamation_yearly: Share of the mine area that is not bare, of the world and by continent.
--
-- Needs:     landcover
-- Finding:   {% set first = rows|selectattr('name', 'eq', rows[0].name)|list %}In {{ first[0].year }}
--            {{ first[0].reclamation_share|percent }} of the mine area was not bare{% if first|length > 1 %},
--            {{ first[-1].reclamation_share|percent }} in {{ first[-1].year }}{% endif %}
-- Published: metric = 'reclamation_rate' AND scope <> 'country'
SELECT
    name,
    year,
    1 - bare_surface_share AS reclamation_share,
    known_km2,
    n_mines
FROM bare_surface_yearly
WHERE scope <> 'country' AND bare_surface_share IS NOT NULL
ORDER BY scope DESC, name ASC, year DESC;
