-- status_summary: number and area of active, closed and undefined mines.
--
-- Grain:   one row per scope, name, status that occurs.
-- Reads:   mine_status, mine.
-- Caveat:  a mine counts whole for the country with most of it; mines far from any have no country.
-- Method:  docs/methods.md#status (Xu et al. 2025, section 3.3, Figures 7b, 7c and 7d)
CREATE OR REPLACE VIEW status_summary AS
WITH placed AS (
    SELECT
        mine_status.status,
        mine.area_km2,
        mine.continent,
        mine.country
    FROM mine_status
    INNER JOIN mine ON mine_status.mine_id = mine.mine_id
),

counted AS (
    SELECT
        CASE
            WHEN grouping(continent) = 0 THEN 'continent'
            WHEN grouping(country) = 0 THEN 'country'
            ELSE 'global'
        END AS scope,
        coalesce(continent, country, 'World') AS name,
        status,
        count(*) AS n_mines,
        core.reproducible_sum(area_km2) AS area_km2
    FROM placed
    GROUP BY GROUPING SETS ((status), (continent, status), (country, status))
    HAVING
        (grouping(continent) = 1 OR continent IS NOT NULL)
        AND (grouping(country) = 1 OR country IS NOT NULL)
)

SELECT
    scope,
    name,
    status,
    n_mines,
    n_mines / sum(n_mines) OVER place AS n_share,
    area_km2,
    area_km2 / sum(area_km2) OVER place AS area_share
FROM counted
WINDOW
    place AS (
        PARTITION BY scope, name ORDER BY status
        ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
    )
ORDER BY scope DESC, name ASC, status ASC;

COMMENT ON VIEW status_summary IS 'Number and area of active, closed and undefined mines.';
COMMENT ON COLUMN status_summary.scope IS 'global, continent or country.';
COMMENT ON COLUMN status_summary.name IS 'World, or name of the continent or country.';
COMMENT ON COLUMN status_summary.status IS 'active, closed or undefined.';
COMMENT ON COLUMN status_summary.n_mines IS 'Number of mines.';
COMMENT ON COLUMN status_summary.n_share IS 'Share of the mines with a status there, 0-1.';
COMMENT ON COLUMN status_summary.area_km2 IS 'Area of the mines, km2.';
COMMENT ON COLUMN status_summary.area_share IS 'Share of the area of the mines with a status there, 0-1.';
