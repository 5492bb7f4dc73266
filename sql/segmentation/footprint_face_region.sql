-- core.footprint_face_region: the regions that every face of a footprint lies in.
--
-- Grain:   one row per footprint_id, face, layer, region_id, source_id, part.
-- Reads:   core.footprint_face, core.region_ground, core.footprint_cell.
-- Stored:  yes, one spatial join with the ground of all regions.
-- Method:  docs/methods.md#pieces
CREATE OR REPLACE VIEW core.footprint_face_region AS
WITH place AS (
    SELECT
        footprint_id,
        face,
        point
    FROM core.footprint_face
    WHERE point IS NOT NULL
),

ground AS (
    SELECT
        layer,
        region_id,
        source_id,
        part,
        geometry
    FROM core.region_ground

    UNION ALL

    SELECT
        'grid' AS layer,
        region_id,
        region_id AS source_id,
        1 AS part,
        geometry
    FROM core.footprint_cell
)

SELECT DISTINCT
    place.footprint_id,
    place.face,
    ground.layer,
    ground.region_id,
    ground.source_id,
    ground.part
FROM place
INNER JOIN ground
    ON ST_Intersects(place.point, ground.geometry)
ORDER BY ALL;

COMMENT ON VIEW core.footprint_face_region IS 'The regions that every face of a footprint lies in.';
COMMENT ON COLUMN core.footprint_face_region.footprint_id IS 'Id of the footprint.';
COMMENT ON COLUMN core.footprint_face_region.face IS 'Number of the face.';
COMMENT ON COLUMN core.footprint_face_region.layer IS 'Region layer.';
COMMENT ON COLUMN core.footprint_face_region.region_id IS 'Id of the region in its layer.';
COMMENT ON COLUMN core.footprint_face_region.source_id IS 'Id of the feature in its source.';
COMMENT ON COLUMN core.footprint_face_region.part IS 'Number of the polygon within its feature.';
