-- core.box_square: number of the square in a row and a column, as core.box_row counts them.
CREATE OR REPLACE MACRO core.box_square(column_number, row_number) AS column_number * 10000 + row_number;
