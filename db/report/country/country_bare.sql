-- Reclamation rate: Share of the mine area that is not bare, by year.
--
-- Study:     country
-- Needs:     landcover
SELECT
    year,
    reclamation_share,
    mine_related_km2,
    known_km2,
    n_mines
FROM reclamation_rate
WHERE scope = 'country' AND iso3 = $iso3
ORDER BY year;
