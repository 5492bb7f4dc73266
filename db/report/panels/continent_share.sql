-- continent_share: Share of the mines and of their area by continent.
--
-- Panel:     xu2025 4b
-- Needs:     countries
-- Finding:   {{ rows[0].continent }} holds {{ rows[0].area_share|percent }} of the mine area and
--            {{ rows[0].n_share|percent }} of the mines
-- Published: section = '3.1' AND scope = 'continent' AND NOT starts_with(metric, 'kba')
SELECT
    continent,
    n_mines,
    n_share,
    area_km2,
    area_share,
    mean_area_km2
FROM continent_summary
ORDER BY area_km2 DESC, continent ASC;
