-- core.polygon: cleaned source polygons with their geodesic area and content keys.
--
-- Grain:   one row per source, source_id, part.
-- Reads:   raw.polygon.
-- Stored:  yes, every later step reads it.
-- Method:  docs/methods.md#union (Xu et al. 2025, section 2.1)
CREATE OR REPLACE VIEW core.polygon AS
SELECT
    (md5_number_lower(concat_ws('|', source, source_id, part)) >> 2)::BIGINT AS polygon_key,
    source,
    source_id,
    part,
    core.geometry_key(geometry) AS content_key,
    core.area_km2(geometry) AS area_km2,
    reported_km2,
    geometry
FROM raw.polygon
ORDER BY polygon_key;

COMMENT ON VIEW core.polygon IS 'Cleaned source polygons with their geodesic area and content keys.';
COMMENT ON COLUMN core.polygon.polygon_key IS 'Number of the polygon, from its source and id.';
COMMENT ON COLUMN core.polygon.source IS 'Name of the source in the project file.';
COMMENT ON COLUMN core.polygon.source_id IS 'Id of the feature in its source.';
COMMENT ON COLUMN core.polygon.part IS 'Number of the polygon within its feature, from 1.';
COMMENT ON COLUMN core.polygon.content_key IS 'Number from the geometry alone: unions run in its order.';
COMMENT ON COLUMN core.polygon.area_km2 IS 'Area, km2, on the WGS84 ellipsoid.';
COMMENT ON COLUMN core.polygon.reported_km2 IS
'Area of the mine as its publisher reports it, km2; NULL where none is reported.';
COMMENT ON COLUMN core.polygon.geometry IS 'Valid polygon, EPSG:4326.';
