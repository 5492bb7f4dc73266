-- core.mine_face: every mine as the faces that the borders of regions cut it into.
--
-- Grain:   one row per mine_id, face; face 0 is a mine that no border cuts.
-- Reads:   core.mine, core.mine_border, parameter.
-- Stored:  yes, one spatial join with the borders of all layers.
-- Caveat:  a face smaller than sliver_area_km2 is rounding between borders: it goes with the mine's largest face.
-- Method:  docs/methods.md#pieces
CREATE OR REPLACE VIEW core.mine_face AS
WITH outline AS ( -- noqa: ST03
    SELECT
        mine.mine_id AS outline_id,
        mine.area_km2,
        mine.geometry,
        parameter.sliver_area_km2
    FROM core.mine
    CROSS JOIN main.parameter
),

line AS ( -- noqa: ST03
    SELECT
        mine_id AS outline_id,
        geometry
    FROM core.mine_border
)

SELECT
    outline_id AS mine_id,
    face,
    area_km2,
    point,
    geometry
FROM core.face_of('outline', 'line')
ORDER BY mine_id, face;

COMMENT ON VIEW core.mine_face IS 'Every mine as the faces that the borders of regions cut it into.';
COMMENT ON COLUMN core.mine_face.mine_id IS 'Id of the mine.';
COMMENT ON COLUMN core.mine_face.face IS 'Number of the face, from 1, largest first; 0: the mine is whole.';
COMMENT ON COLUMN core.mine_face.area_km2 IS 'Area, km2, on the WGS84 ellipsoid.';
COMMENT ON COLUMN core.mine_face.point IS 'A point inside, EPSG:4326; NULL for a sliver.';
COMMENT ON COLUMN core.mine_face.geometry IS 'Polygon, EPSG:4326; NULL for a whole mine.';
