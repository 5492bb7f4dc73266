-- Reclamation rate: Share of the mine area that is not bare, by year.
--
-- Study:     country
-- Needs:     landcover
SELECT
    year,
    1 - bare_surface_share AS reclamation_share,
    mine_related_km2,
    known_km2,
    n_mines
FROM bare_surface_yearly
WHERE scope = 'country' AND iso3 = $iso3
ORDER BY year;
