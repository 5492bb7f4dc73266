-- core.country_of_square: the one country that a half-degree square lies in; NULL where it meets a border or the sea.
--
-- Reads:   core.country_tile.
-- Caveat:  what lies in such a square needs no test of its own against the country. Ten squares a side make a tile.
-- Method:  docs/methods.md#countries
CREATE OR REPLACE MACRO core.country_of_square(square_column, square_row) AS (
    SELECT any_value(country_tile.iso3)
    FROM core.country_tile
    WHERE
        country_tile.tile_column = floor(square_column / 10)::BIGINT
        AND country_tile.tile_row = floor(square_row / 10)::BIGINT
        AND ST_Intersects(core.half_degree_square(square_column, square_row), country_tile.geometry)
    HAVING
        count(*) = 1
        AND bool_and(ST_Within(core.half_degree_square(square_column, square_row), country_tile.geometry))
);
