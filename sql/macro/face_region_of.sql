-- core.face_region_of: the regions that every face of an outline lies in.
--
-- Caveat:  faces names a relation with outline_id, face and point, regions is as core.region_ground, cells one with
--          region_id and geometry of grid cells.
CREATE OR REPLACE MACRO core.face_region_of(faces, regions, cells) AS TABLE
    WITH ground AS (
        SELECT
            region.layer,
            region.region_id,
            region.source_id,
            region.part,
            region.geometry
        FROM query_table(regions) AS region

        UNION ALL

        SELECT
            'grid' AS layer,
            grid_cell.region_id,
            grid_cell.region_id AS source_id,
            1 AS part,
            grid_cell.geometry
        FROM query_table(cells) AS grid_cell
    )

    SELECT DISTINCT
        place.outline_id,
        place.face,
        ground.layer,
        ground.region_id,
        ground.source_id,
        ground.part
    FROM query_table(faces) AS place
    INNER JOIN ground
        ON ST_Intersects(place.point, ground.geometry)
    WHERE place.point IS NOT NULL;
