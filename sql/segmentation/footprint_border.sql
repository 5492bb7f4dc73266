-- core.footprint_border: the borders of regions that run through each footprint.
--
-- Grain:   one row per footprint_id and border line.
-- Reads:   core.footprint_united, core.region_ground, core.footprint_cell.
-- Caveat:  a line is cut at a box a little larger than the outline: one that ended at the outline's own edge would
--          dangle, and its cut be lost. Lines are rounded to 1e-11 degrees (a micrometre) before they are united, so
--          that borders drawn twice become one; rounded afterwards, their crossings would come apart.
-- Method:  docs/methods.md#pieces
CREATE OR REPLACE VIEW core.footprint_border AS
WITH border AS (
    SELECT ST_Boundary(geometry) AS geometry
    FROM core.region_ground

    UNION ALL

    SELECT ST_Boundary(geometry) AS geometry
    FROM core.footprint_cell
)

SELECT
    outline.footprint_id,
    ST_ReducePrecision(
        ST_Intersection(
            border.geometry,
            ST_MakeEnvelope(
                ST_XMin(outline.geometry) - 1e-4,
                ST_YMin(outline.geometry) - 1e-4,
                ST_XMax(outline.geometry) + 1e-4,
                ST_YMax(outline.geometry) + 1e-4
            )
        ),
        1e-11
    ) AS geometry
FROM core.footprint_united AS outline
INNER JOIN border
    ON ST_Intersects(outline.geometry, border.geometry);

COMMENT ON VIEW core.footprint_border IS 'The borders of regions that run through each footprint.';
COMMENT ON COLUMN core.footprint_border.footprint_id IS 'Id of the footprint.';
COMMENT ON COLUMN core.footprint_border.geometry IS 'Line in the neighbourhood of the footprint, EPSG:4326.';
