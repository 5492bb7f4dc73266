-- country_summary: number and area of mines by country, largest area first.
--
-- Grain:   one row per country with mines.
-- Reads:   core.mine_country, core.mine_place, core.country, core.mine.
-- Layers:  country.
-- Caveat:  a mine on a border counts once, for the country with most of it; its area is split at the border.
-- Method:  docs/methods.md#countries (Xu et al. 2025, Table A1, Figure 4c)
CREATE OR REPLACE VIEW country_summary AS
WITH counted AS (
    SELECT
        iso3,
        count(*) AS n_mines
    FROM core.mine_country
    GROUP BY iso3
),

measured AS (
    SELECT
        region_id AS iso3,
        core.reproducible_sum(area_km2) AS area_km2
    FROM core.mine_place
    WHERE layer = 'country'
    GROUP BY region_id
),

ranked AS (
    SELECT
        *,
        row_number() OVER (ORDER BY area_km2 DESC, iso3 ASC) AS area_rank
    FROM measured
)

SELECT
    ranked.iso3,
    country.country,
    country.continent,
    coalesce(counted.n_mines, 0) AS n_mines,
    ranked.area_km2,
    ranked.area_km2 / counted.n_mines AS mean_area_km2,
    ranked.area_km2 / total.area_km2 AS area_share,
    ranked.area_rank,
    sum(ranked.area_km2) OVER (ORDER BY ranked.area_rank) / total.area_km2 AS cumulative_area_share
FROM ranked
INNER JOIN core.country ON ranked.iso3 = country.iso3
LEFT JOIN counted ON ranked.iso3 = counted.iso3
CROSS JOIN (SELECT core.reproducible_sum(mine.area_km2) AS area_km2 FROM core.mine) AS total
ORDER BY ranked.area_rank;

COMMENT ON VIEW country_summary IS 'Number and area of mines by country, largest area first.';
COMMENT ON COLUMN country_summary.iso3 IS 'Three-letter country code.';
COMMENT ON COLUMN country_summary.country IS 'Name of the country.';
COMMENT ON COLUMN country_summary.continent IS 'Continent of the country.';
COMMENT ON COLUMN country_summary.n_mines IS 'Number of mines that have most of their area there.';
COMMENT ON COLUMN country_summary.area_km2 IS 'Mine area there, km2, split at borders.';
COMMENT ON COLUMN country_summary.mean_area_km2 IS 'Area divided by number, km2; NULL where no mine counts there.';
COMMENT ON COLUMN country_summary.area_share IS 'Share of all mine area, 0-1.';
COMMENT ON COLUMN country_summary.area_rank IS 'Rank by area, 1 = largest.';
COMMENT ON COLUMN country_summary.cumulative_area_share IS
'Share of all mine area in this and the larger countries, 0-1.';
