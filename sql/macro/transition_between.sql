-- transition_between: area of each class that became each class between any two epochs, by mine.
--
-- Grain:   one row per mine_id, code_from, code_to, unchanged area (code_from = code_to) included.
-- Reads:   raw.landcover_trajectory, raw.landcover_epoch.
-- Caveat:  compares the two epochs only, whatever happened between them; a year without a map is an error.
-- Method:  docs/methods.md#transitions
CREATE OR REPLACE MACRO transition_between(year_a, year_b) AS TABLE
    WITH wanted AS (
        SELECT
            coalesce(
                max(position) FILTER (year = year_a), error('there is no land-cover map of ' || year_a)
            ) AS position_a,
            coalesce(
                max(position) FILTER (year = year_b), error('there is no land-cover map of ' || year_b)
            ) AS position_b
        FROM raw.landcover_epoch
    )

    SELECT
        trajectory.mine_id,
        trajectory.classes[wanted.position_a] AS code_from,
        trajectory.classes[wanted.position_b] AS code_to,
        sum(round(trajectory.area_km2 * 1e12)) / 1e12 AS area_km2
    FROM raw.landcover_trajectory AS trajectory
    CROSS JOIN wanted
    WHERE
        trajectory.classes[wanted.position_a] IS NOT NULL
        AND trajectory.classes[wanted.position_b] IS NOT NULL
    GROUP BY ALL;
