-- core.half_degree_square: outline of a half-degree square, as core.half_degree numbers them, EPSG:4326.
CREATE OR REPLACE MACRO core.half_degree_square(square_column, square_row) AS
ST_MakeEnvelope(square_column / 2, square_row / 2, (square_column + 1) / 2, (square_row + 1) / 2);
