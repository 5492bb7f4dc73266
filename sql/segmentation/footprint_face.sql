-- core.footprint_face: every footprint as the faces that the borders of regions cut it into.
--
-- Grain:   one row per footprint_id, face; face 0 is a footprint that no border cuts.
-- Reads:   core.footprint_united, core.footprint_border, parameter.
-- Stored:  yes, one spatial join with the borders of all layers.
-- Caveat:  a face smaller than sliver_area_km2 is rounding between borders: it goes with the footprint's largest face.
-- Method:  docs/methods.md#pieces
CREATE OR REPLACE VIEW core.footprint_face AS
WITH outline AS ( -- noqa: ST03
    SELECT
        footprint_united.footprint_id AS outline_id,
        footprint_united.area_km2,
        footprint_united.geometry,
        parameter.sliver_area_km2
    FROM core.footprint_united
    CROSS JOIN main.parameter
),

line AS ( -- noqa: ST03
    SELECT
        footprint_id AS outline_id,
        geometry
    FROM core.footprint_border
)

SELECT
    outline_id AS footprint_id,
    face,
    area_km2,
    point,
    geometry
FROM core.face_of('outline', 'line')
ORDER BY footprint_id, face;

COMMENT ON VIEW core.footprint_face IS 'Every footprint as the faces that the borders of regions cut it into.';
COMMENT ON COLUMN core.footprint_face.footprint_id IS 'Id of the footprint.';
COMMENT ON COLUMN core.footprint_face.face IS 'Number of the face, from 1, largest first; 0: the footprint is whole.';
COMMENT ON COLUMN core.footprint_face.area_km2 IS 'Area, km2, on the WGS84 ellipsoid.';
COMMENT ON COLUMN core.footprint_face.point IS 'A point inside, EPSG:4326; NULL for a sliver.';
COMMENT ON COLUMN core.footprint_face.geometry IS 'Polygon, EPSG:4326; NULL for a whole footprint.';
