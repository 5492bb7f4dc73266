-- core.half_degree: number of the column or row of half-degree squares that a coordinate lies in.
--
-- Caveat:  ten squares a side make a tile of core.country_tile.
CREATE OR REPLACE MACRO core.half_degree(degrees) AS floor(degrees * 2)::BIGINT;
