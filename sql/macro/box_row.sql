-- core.box_row: number of the row or column of squares that a coordinate lies in.
--
-- Caveat:  a square has sides of a twentieth of a degree, 5.6 km at the equator: wider than nearly every polygon, so
--          that most lie in one square, and small enough that few share it. A larger polygon lies in many.
CREATE OR REPLACE MACRO core.box_row(degrees) AS floor(degrees * 20)::BIGINT;
