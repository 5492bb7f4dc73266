-- core.geometry_key: a 62-bit number made from a geometry's content, the same in every build.
--
-- Caveat:  differences of two keys fit a BIGINT, as spatial joins need; needs the spatial extension.
CREATE OR REPLACE MACRO core.geometry_key(geometry) AS
(md5_number_lower(ST_AsHEXWKB(geometry)) >> 2)::BIGINT;
