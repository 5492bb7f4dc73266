-- core.border_of: the borders of regions that run through each outline.
--
-- Caveat:  outlines names a relation with outline_id and geometry, regions and cells such with geometry, EPSG:4326.
--          A line is cut at a box a little larger than the outline: one that ended at the outline's own edge would
--          dangle, and its cut be lost. Lines are rounded to 1e-11 degrees (a micrometre) before they are united, so
--          that borders drawn twice become one; rounded afterwards, their crossings would come apart.
CREATE OR REPLACE MACRO core.border_of(outlines, regions, cells) AS TABLE
    WITH border AS (
        SELECT ST_Boundary(region.geometry) AS geometry
        FROM query_table(regions) AS region

        UNION ALL

        SELECT ST_Boundary(grid_cell.geometry) AS geometry
        FROM query_table(cells) AS grid_cell
    )

    SELECT
        shape.outline_id,
        ST_ReducePrecision(
            ST_Intersection(
                border.geometry,
                ST_MakeEnvelope(
                    ST_XMin(shape.geometry) - 1e-4,
                    ST_YMin(shape.geometry) - 1e-4,
                    ST_XMax(shape.geometry) + 1e-4,
                    ST_YMax(shape.geometry) + 1e-4
                )
            ),
            1e-11
        ) AS geometry
    FROM query_table(outlines) AS shape
    INNER JOIN border
        ON ST_Intersects(shape.geometry, border.geometry);
