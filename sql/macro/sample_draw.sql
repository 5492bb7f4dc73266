-- sample_draw: a random sample of changed pixels, the same number of every year.
--
-- Grain:   one row per pixel drawn, of n_per_year in a year or as many as there are.
-- Reads:   core.sample_candidate.
-- Caveat:  drawn without replacement by MD5 of seed, year and turn: the same database and seed give the
--          same sample in any version of DuckDB. kinds is a list of disturbed, reclaimed.
-- Method:  docs/methods.md#validation (Xu et al. 2025, section 2.4)
CREATE OR REPLACE MACRO sample_draw(seed, n_per_year, first_year, last_year, kinds) AS TABLE
    WITH history AS (
        SELECT
            *,
            sum(n_pixels) OVER (
                PARTITION BY year ORDER BY mine_id, classes ROWS UNBOUNDED PRECEDING
            ) - n_pixels AS first_pixel
        FROM core.sample_candidate
        WHERE year BETWEEN first_year AND last_year AND list_contains(kinds, change)
    ),

    stratum AS (
        SELECT
            year,
            sum(n_pixels) AS n_pixels,
            sum(round(area_km2 * 1e12)) / 1e12 AS stratum_km2
        FROM history
        GROUP BY year
    ),

    turn AS (
        SELECT
            year,
            n_pixels,
            stratum_km2,
            unnest(range(20 * n_per_year)) AS turn
        FROM stratum
    ),

    pixel AS (
        SELECT
            year,
            stratum_km2,
            (md5_number_lower(concat_ws('/', seed, year, turn)) % n_pixels::UBIGINT)::BIGINT AS place,
            min(turn) AS first_turn
        FROM turn
        GROUP BY year, stratum_km2, place
    ),

    drawn AS (
        SELECT *
        FROM pixel
        QUALIFY row_number() OVER (PARTITION BY year ORDER BY first_turn) <= n_per_year
    )

    SELECT
        history.mine_id,
        history.classes,
        history.change,
        drawn.year,
        (drawn.place - history.first_pixel)::BIGINT AS pixel,
        history.n_pixels,
        drawn.stratum_km2
    FROM drawn
    INNER JOIN history
        ON
            drawn.year = history.year
            AND drawn.place >= history.first_pixel
            AND drawn.place < history.first_pixel + history.n_pixels
    ORDER BY md5_number_lower(concat_ws('/', seed, 'order', drawn.year, drawn.first_turn));
