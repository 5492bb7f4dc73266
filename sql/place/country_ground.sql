-- core.country_ground: the ground of every country in polygons that joins are quick with.
--
-- Grain:   several rows per iso3.
-- Reads:   core.region_ground.
-- Layers:  country.
-- Method:  docs/methods.md#pieces
CREATE OR REPLACE VIEW core.country_ground AS
SELECT
    region_id AS iso3,
    source_id,
    part,
    geometry
FROM core.region_ground
WHERE layer = 'country';

COMMENT ON VIEW core.country_ground IS 'The ground of every country in polygons that joins are quick with.';
COMMENT ON COLUMN core.country_ground.iso3 IS 'Three-letter country code.';
COMMENT ON COLUMN core.country_ground.source_id IS 'Id of the feature in the country source.';
COMMENT ON COLUMN core.country_ground.part IS 'Number of the polygon within its feature.';
COMMENT ON COLUMN core.country_ground.geometry IS 'Polygon, or several, EPSG:4326.';
