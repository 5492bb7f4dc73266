-- core.content_id: an id of twelve characters made from a geometry's content, the same in every build.
--
-- Caveat:  56 bits: a million geometries share an id with a probability of 1e-5, and a check says so.
CREATE OR REPLACE MACRO core.content_id(prefix, geometry) AS
prefix || lower(lpad(to_base((md5_number_lower(ST_AsHEXWKB(geometry)) >> 8)::BIGINT, 36), 11, '0'));
