-- core.mine_face_region: the regions that every face of a mine lies in.
--
-- Grain:   one row per mine_id, face, layer, region_id, source_id, part.
-- Reads:   core.mine_face, core.region_ground, core.mine_cell.
-- Stored:  yes, one spatial join with the ground of all regions.
-- Method:  docs/methods.md#pieces
CREATE OR REPLACE VIEW core.mine_face_region AS
WITH face AS ( -- noqa: ST03
    SELECT
        mine_id AS outline_id,
        face,
        point
    FROM core.mine_face
),

region AS ( -- noqa: ST03
    SELECT
        layer,
        region_id,
        source_id,
        part,
        geometry
    FROM core.region_ground
),

cell AS ( -- noqa: ST03
    SELECT
        region_id,
        geometry
    FROM core.mine_cell
)

SELECT
    outline_id AS mine_id,
    face,
    layer,
    region_id,
    source_id,
    part
FROM core.face_region_of('face', 'region', 'cell')
ORDER BY ALL;

COMMENT ON VIEW core.mine_face_region IS 'The regions that every face of a mine lies in.';
COMMENT ON COLUMN core.mine_face_region.mine_id IS 'Id of the mine.';
COMMENT ON COLUMN core.mine_face_region.face IS 'Number of the face.';
COMMENT ON COLUMN core.mine_face_region.layer IS 'Region layer.';
COMMENT ON COLUMN core.mine_face_region.region_id IS 'Id of the region in its layer.';
COMMENT ON COLUMN core.mine_face_region.source_id IS 'Id of the feature in its source.';
COMMENT ON COLUMN core.mine_face_region.part IS 'Number of the polygon within its feature.';
