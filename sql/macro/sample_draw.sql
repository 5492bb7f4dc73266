-- sample_draw: a random sample of changed pixels, the same number of every year, or of pixels that never changed.
--
-- Grain:   one row per pixel drawn, n_per_year of every stratum, or as many as there are.
-- Reads:   core.sample_candidate.
-- Caveat:  drawn without replacement by MD5 of seed, year and turn: the same database and seed give the
--          same sample in any version of DuckDB. kinds is a list of disturbed, reclaimed, unchanged: a year is one
--          stratum, and so are all pixels that never changed. stratum_km2 is the area of all that the stratum was drawn
--          from: of a five-year step, the whole step.
-- Method:  docs/methods.md#validation (Xu et al. 2025, section 2.4)
CREATE OR REPLACE MACRO sample_draw(seed, n_per_year, first_year, last_year, kinds) AS TABLE
    WITH history AS (
        SELECT
            *,
            coalesce(year::VARCHAR, 'unchanged') AS stratum,
            sum(n_pixels) OVER (
                PARTITION BY year ORDER BY mine_id, classes ROWS UNBOUNDED PRECEDING
            ) - n_pixels AS first_pixel
        FROM core.sample_candidate
        WHERE
            list_contains(kinds, change)
            AND (year BETWEEN first_year AND last_year OR year IS NULL)
    ),

    turn AS (
        SELECT
            stratum,
            sum(n_pixels) AS n_pixels,
            sum(round(area_km2 * 1e12)) / 1e12 AS stratum_km2,
            unnest(range(20 * n_per_year)) AS turn
        FROM history
        GROUP BY stratum
    ),

    drawn AS (
        SELECT
            stratum,
            stratum_km2,
            (md5_number_lower(concat_ws('/', seed, stratum, turn)) % n_pixels::UBIGINT)::BIGINT AS place,
            min(turn) AS first_turn
        FROM turn
        GROUP BY stratum, stratum_km2, place
        QUALIFY row_number() OVER (PARTITION BY stratum ORDER BY min(turn)) <= n_per_year
    )

    SELECT
        history.mine_id,
        history.classes,
        history.change,
        history.year,
        (drawn.place - history.first_pixel)::BIGINT AS pixel,
        history.n_pixels,
        drawn.stratum_km2,
        CASE
            WHEN list_contains(kinds, 'disturbed') AND list_contains(kinds, 'reclaimed') THEN drawn.stratum
            WHEN history.year IS NULL THEN drawn.stratum
            ELSE concat_ws(' ', drawn.stratum, history.change)
        END AS stratum,
        md5_number_lower(concat_ws('/', seed, 'order', drawn.stratum, drawn.first_turn)) AS draw_order
    FROM drawn
    INNER JOIN history
        ON
            drawn.stratum = history.stratum
            AND drawn.place >= history.first_pixel
            AND drawn.place < history.first_pixel + history.n_pixels
    ORDER BY draw_order;
