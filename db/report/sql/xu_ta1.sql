-- Table A1: Mines by country.
--
-- Study:     xu2025
-- Needs:     countries
-- Published: section = 'Table A1'
SELECT
    area_rank,
    country,
    continent,
    n_mines,
    area_km2,
    mean_area_km2,
    area_share,
    cumulative_area_share
FROM country_summary
ORDER BY area_rank;
