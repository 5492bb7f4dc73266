-- core.half_degree: number of the column or row of half-degree squares that a coordinate lies in.
CREATE OR REPLACE MACRO core.half_degree(degrees) AS floor(degrees * 2)::BIGINT;
