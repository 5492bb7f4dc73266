-- core.mine_face: every mine as the faces that the borders of regions cut it into.
--
-- Grain:   one row per mine_id, face; face 0 is a mine that no border cuts.
-- Reads:   core.mine, core.mine_border, parameter.
-- Stored:  yes, one spatial join with the borders of all layers.
-- Caveat:  a face smaller than sliver_area_km2 is rounding between borders: it goes with the mine's largest face.
-- Method:  docs/methods.md#pieces
CREATE OR REPLACE VIEW core.mine_face AS
WITH cut AS (
    SELECT
        mine_id,
        ST_Union_Agg(geometry ORDER BY core.geometry_key(geometry)) AS geometry
    FROM core.mine_border
    WHERE NOT ST_IsEmpty(geometry)
    GROUP BY mine_id
),

face AS (
    SELECT
        cut.mine_id,
        outline.geometry AS outline_geometry,
        unnest(
            ST_Dump(ST_Polygonize([ST_Union(cut.geometry, ST_Boundary(outline.geometry))]))
        ).geom AS geometry
    FROM cut
    INNER JOIN core.mine AS outline ON cut.mine_id = outline.mine_id
),

inside AS (
    SELECT
        mine_id,
        row_number() OVER (
            PARTITION BY mine_id ORDER BY ST_Area(geometry) DESC, core.geometry_key(geometry) ASC
        ) AS face,
        count(*) OVER (PARTITION BY mine_id) AS n_faces,
        core.area_km2(geometry) AS area_km2,
        geometry
    FROM face
    WHERE ST_Intersects(outline_geometry, ST_PointOnSurface(geometry))
)

SELECT
    outline.mine_id,
    coalesce(inside.face, 0)::INTEGER AS face,
    coalesce(inside.area_km2, outline.area_km2) AS area_km2,
    CASE
        WHEN inside.area_km2 < parameter.sliver_area_km2 AND inside.face > 1 THEN NULL
        ELSE ST_PointOnSurface(coalesce(inside.geometry, outline.geometry))
    END AS point,
    inside.geometry
FROM core.mine AS outline
CROSS JOIN main.parameter
LEFT JOIN inside
    ON outline.mine_id = inside.mine_id AND inside.n_faces > 1
ORDER BY outline.mine_id, inside.face;

COMMENT ON VIEW core.mine_face IS 'Every mine as the faces that the borders of regions cut it into.';
COMMENT ON COLUMN core.mine_face.mine_id IS 'Id of the mine.';
COMMENT ON COLUMN core.mine_face.face IS 'Number of the face, from 1, largest first; 0: the mine is whole.';
COMMENT ON COLUMN core.mine_face.area_km2 IS 'Area, km2, on the WGS84 ellipsoid.';
COMMENT ON COLUMN core.mine_face.point IS 'A point inside, EPSG:4326; NULL for a sliver.';
COMMENT ON COLUMN core.mine_face.geometry IS 'Polygon, EPSG:4326; NULL for a whole mine.';
