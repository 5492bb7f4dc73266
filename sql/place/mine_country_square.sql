-- core.mine_country_square: squares of half a degree with a mine, inside one country and meeting no other.
--
-- Grain:   one row per square_column, square_row.
-- Reads:   core.mine, core.country_tile.
-- Stored:  yes.
-- Caveat:  what lies in such a square needs no test of its own against the country.
-- Method:  docs/methods.md#countries
CREATE OR REPLACE VIEW core.mine_country_square AS
WITH square AS (
    SELECT DISTINCT
        core.half_degree(xmin) AS square_column,
        core.half_degree(ymin) AS square_row
    FROM core.mine
),

outlined AS (
    SELECT
        square_column,
        square_row,
        core.half_degree_square(square_column, square_row) AS geometry
    FROM square
),

meeting AS (
    SELECT
        outlined.square_column,
        outlined.square_row,
        country_tile.iso3,
        ST_Within(outlined.geometry, country_tile.geometry) AS is_within
    FROM outlined
    INNER JOIN core.country_tile
        ON
            floor(outlined.square_column / 10) = country_tile.tile_column
            AND floor(outlined.square_row / 10) = country_tile.tile_row
    WHERE ST_Intersects(outlined.geometry, country_tile.geometry)
)

SELECT
    square_column,
    square_row,
    any_value(iso3) AS iso3
FROM meeting
GROUP BY square_column, square_row
HAVING count(*) = 1 AND bool_and(is_within)
ORDER BY square_column, square_row;

COMMENT ON VIEW core.mine_country_square IS
'Squares of half a degree with a mine, inside one country and meeting no other.';
COMMENT ON COLUMN core.mine_country_square.square_column IS 'Longitude of the western side, in halves of a degree.';
COMMENT ON COLUMN core.mine_country_square.square_row IS 'Latitude of the southern side, in halves of a degree.';
COMMENT ON COLUMN core.mine_country_square.iso3 IS 'Three-letter country code.';
