-- place_bare: Share of the mine area that is not bare, by year.
--
-- Needs:     landcover
-- Finding:   In {{ rows[0].year }} {{ rows[0].reclamation_share|percent }} of the mine area was not
--            bare{% if rows|length > 1 %}, {{ rows[-1].reclamation_share|percent }} in {{ rows[-1].year }}{% endif %}
-- Caveat:    Mines are those of all years: before a mine opened its ground was not bare either.
SELECT
    year,
    1 - mine_related_km2 / known_km2 AS reclamation_share,
    mine_related_km2,
    known_km2
FROM region_yearly
WHERE layer = $layer AND region_id = $region_id AND known_km2 > 0
ORDER BY year DESC;
