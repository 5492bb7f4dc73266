-- core.face_of: every outline as the faces that the borders of regions cut it into.
--
-- Caveat:  outlines names a relation with outline_id, area_km2, geometry and sliver_area_km2, lines one with outline_id
--          and geometry.
--          Face 0 is an outline that no border cuts; its geometry is NULL. A face smaller than sliver_area_km2 is
--          rounding between borders: its point is NULL, and it goes with the outline's largest face.
CREATE OR REPLACE MACRO core.face_of(outlines, lines) AS TABLE
    WITH cut AS (
        SELECT
            line.outline_id,
            ST_Union_Agg(line.geometry ORDER BY core.geometry_key(line.geometry)) AS geometry
        FROM query_table(lines) AS line
        WHERE NOT ST_IsEmpty(line.geometry)
        GROUP BY line.outline_id
    ),

    face AS (
        SELECT
            cut.outline_id,
            shape.geometry AS outline_geometry,
            unnest(
                ST_Dump(ST_Polygonize([ST_Union(cut.geometry, ST_Boundary(shape.geometry))]))
            ).geom AS geometry
        FROM cut
        INNER JOIN query_table(outlines) AS shape ON cut.outline_id = shape.outline_id
    ),

    inside AS (
        SELECT
            outline_id,
            row_number() OVER (
                PARTITION BY outline_id ORDER BY ST_Area(geometry) DESC, core.geometry_key(geometry) ASC
            ) AS face,
            count(*) OVER (PARTITION BY outline_id) AS n_faces,
            core.area_km2(geometry) AS area_km2,
            geometry
        FROM face
        WHERE ST_Intersects(outline_geometry, ST_PointOnSurface(geometry))
    )

    SELECT
        shape.outline_id,
        coalesce(inside.face, 0)::INTEGER AS face,
        coalesce(inside.area_km2, shape.area_km2) AS area_km2,
        CASE
            WHEN inside.area_km2 < shape.sliver_area_km2 AND inside.face > 1 THEN NULL
            ELSE ST_PointOnSurface(coalesce(inside.geometry, shape.geometry))
        END AS point,
        inside.geometry
    FROM query_table(outlines) AS shape
    LEFT JOIN inside
        ON shape.outline_id = inside.outline_id AND inside.n_faces > 1;
