-- core.point_place: the country that each labelled point lies in.
--
-- Grain:   one row per point_id, iso3; iso3 is NULL outside all countries, two rows where two claim the ground.
-- Reads:   raw.point, core.country_ground.
-- Stored:  yes, one spatial join.
-- Method:  docs/methods.md#countries
CREATE OR REPLACE VIEW core.point_place AS
SELECT DISTINCT
    point.point_id,
    country_ground.iso3
FROM raw.point
LEFT JOIN core.country_ground ON ST_Intersects(point.geometry, country_ground.geometry)
ORDER BY point.point_id, country_ground.iso3;

COMMENT ON VIEW core.point_place IS 'The country that each labelled point lies in.';
COMMENT ON COLUMN core.point_place.point_id IS 'Id of the point.';
COMMENT ON COLUMN core.point_place.iso3 IS 'Three-letter country code; NULL outside all countries.';
