-- status_summary: number and area of active, closed and undefined mines, and how many of each chance alone would give.
--
-- Grain:   one row per scope, name, status; 0 where no mine has it.
-- Reads:   mine_status, core.mine, core.mine_country.
-- Caveat:  a mine counts whole for the country with most of it; mines far from any have no country. If nothing had
--          changed, n_by_chance mines would still be called so: about 1 in 20 with three indicators of six years,
--          half active and half closed.
-- Method:  docs/methods.md#status (Xu et al. 2025, section 3.3, Figures 7b, 7c and 7d)
CREATE OR REPLACE VIEW status_summary AS
WITH placed AS (
    SELECT
        mine_status.status AS called,
        mine_status.chance_share,
        mine.area_km2,
        mine_country.continent,
        mine_country.country,
        unnest(['active', 'closed', 'undefined']) AS status
    FROM mine_status
    INNER JOIN core.mine ON mine_status.mine_id = mine.mine_id
    LEFT JOIN core.mine_country ON mine.mine_id = mine_country.mine_id
),

counted AS (
    SELECT
        CASE
            WHEN grouping(continent) = 0 THEN 'continent'
            WHEN grouping(country) = 0 THEN 'country'
            ELSE 'world'
        END AS scope,
        coalesce(continent, country, 'World') AS name,
        status,
        count(*) AS n_all,
        count(*) FILTER (called = status) AS n_mines,
        coalesce(core.reproducible_sum(CASE WHEN called = status THEN area_km2 END), 0) AS area_km2,
        core.reproducible_sum(area_km2) AS area_all_km2,
        CASE
            WHEN count(*) = count(chance_share)
                THEN core.reproducible_sum(
                    CASE WHEN status = 'undefined' THEN 1 - chance_share ELSE chance_share / 2 END
                )
        END AS n_by_chance
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
    n_mines / n_all AS n_share,
    area_km2,
    area_km2 / area_all_km2 AS area_share,
    n_by_chance
FROM counted
ORDER BY scope DESC, name ASC, status ASC;

COMMENT ON VIEW status_summary IS
'Number and area of active, closed and undefined mines, and how many of each chance alone would give.';
COMMENT ON COLUMN status_summary.scope IS 'world, continent or country.';
COMMENT ON COLUMN status_summary.name IS 'World, or name of the continent or country.';
COMMENT ON COLUMN status_summary.status IS 'active, closed or undefined.';
COMMENT ON COLUMN status_summary.n_mines IS 'Number of mines.';
COMMENT ON COLUMN status_summary.n_share IS 'Share of the mines with a status there, 0-1.';
COMMENT ON COLUMN status_summary.area_km2 IS 'Area of the mines, km2.';
COMMENT ON COLUMN status_summary.area_share IS 'Share of the area of the mines with a status there, 0-1.';
COMMENT ON COLUMN status_summary.n_by_chance IS
'Mines expected to be called so if no indicator of any mine had changed; NULL for modified or corrected tests.';
