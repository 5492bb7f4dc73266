-- Figure 6e: Share of the mine area that is not bare, by continent and year.
--
-- Study:     xu2025
-- Needs:     landcover
-- Published: metric = 'reclamation_rate'
SELECT
    name,
    year,
    reclamation_share
FROM reclamation_rate
WHERE scope <> 'country'
ORDER BY scope DESC, name, year;
