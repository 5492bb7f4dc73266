-- place_bare: Share of the mine area that is not bare, by year.
--
-- Needs:     landcover
-- Finding:   In {{ rows[0].year }} {{ rows[0].reclamation_share|percent }} of the mine area was not
--            bare{% if rows|length > 1 %}, {{ rows[-1].reclamation_share|percent }} in {{ rows[-1].year }}{% endif %}
SELECT
    year,
    1 - bare_surface_share AS reclamation_share,
    mine_related_km2,
    known_km2,
    n_mines
FROM bare_surface_yearly
WHERE scope = 'country' AND iso3 = $iso3 AND bare_surface_share IS NOT NULL
ORDER BY year DESC;
