-- continent_summary: number and area of mines by continent.
--
-- Grain:   one row per continent with mines.
-- Reads:   core.mine_country, core.mine_place, core.mine.
-- Layers:  continent.
-- Caveat:  by where the ground lies: French Guiana is in South America. Shares are of all mines, also those far from
--          any country.
-- Method:  docs/methods.md#countries (Xu et al. 2025, section 3.1, Figure 4b)
CREATE OR REPLACE VIEW continent_summary AS
WITH counted AS (
    SELECT
        continent,
        count(*) AS n_mines
    FROM core.mine_country
    GROUP BY continent
),

measured AS (
    SELECT
        region_id AS continent,
        core.reproducible_sum(area_km2) AS area_km2
    FROM core.mine_place
    WHERE layer = 'continent'
    GROUP BY region_id
),

total AS (
    SELECT
        count(*) AS n_mines,
        core.reproducible_sum(area_km2) AS area_km2
    FROM core.mine
)

SELECT
    measured.continent,
    coalesce(counted.n_mines, 0) AS n_mines,
    measured.area_km2,
    measured.area_km2 / counted.n_mines AS mean_area_km2,
    coalesce(counted.n_mines, 0) / total.n_mines AS n_share,
    measured.area_km2 / total.area_km2 AS area_share
FROM measured
LEFT JOIN counted ON measured.continent = counted.continent
CROSS JOIN total
ORDER BY measured.area_km2 DESC;

COMMENT ON VIEW continent_summary IS 'Number and area of mines by continent.';
COMMENT ON COLUMN continent_summary.continent IS 'Name of the continent.';
COMMENT ON COLUMN continent_summary.n_mines IS 'Number of mines that have most of their area there.';
COMMENT ON COLUMN continent_summary.area_km2 IS 'Mine area there, km2, split at borders.';
COMMENT ON COLUMN continent_summary.mean_area_km2 IS 'Area divided by number, km2.';
COMMENT ON COLUMN continent_summary.n_share IS 'Share of all mines, 0-1.';
COMMENT ON COLUMN continent_summary.area_share IS 'Share of all mine area, 0-1.';
