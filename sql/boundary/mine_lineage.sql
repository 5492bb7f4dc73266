-- core.mine_lineage: the source polygons that each mine was made from.
--
-- Grain:   one row per mine_id, polygon_key.
-- Reads:   core.mine, core.erased, core.merged, core.component, core.polygon.
-- Stored:  yes, it intersects source polygons with the pieces of their component.
-- Caveat:  a component of one piece needs no geometry; where it fell into several, a polygon belongs to each
--          piece of which it covers some area. A polygon that was erased whole belongs to no mine.
-- Method:  docs/methods.md#union (Xu et al. 2025, section 2.1)
CREATE OR REPLACE VIEW core.mine_lineage AS
WITH piece AS (
    SELECT
        erased.piece_key,
        merged.component_key,
        erased.geometry,
        count(*) OVER (PARTITION BY merged.component_key) AS n_pieces
    FROM core.erased
    INNER JOIN core.merged ON erased.merged_key = merged.merged_key
),

member AS (
    SELECT
        piece.piece_key,
        component.polygon_key,
        piece.n_pieces,
        piece.geometry,
        polygon.geometry AS polygon_geometry
    FROM piece
    INNER JOIN core.component ON piece.component_key = component.component_key
    INNER JOIN core.polygon ON component.polygon_key = polygon.polygon_key
)

SELECT
    mine.mine_id,
    member.polygon_key
FROM member
INNER JOIN core.mine ON member.piece_key = mine.piece_key
WHERE
    (member.n_pieces = 1 AND ST_Contains(member.geometry, member.polygon_geometry))
    OR ST_Area(ST_Intersection(member.geometry, member.polygon_geometry)) > 0
ORDER BY mine.mine_id, member.polygon_key;

COMMENT ON VIEW core.mine_lineage IS 'The source polygons that each mine was made from.';
COMMENT ON COLUMN core.mine_lineage.mine_id IS 'Id of the mine.';
COMMENT ON COLUMN core.mine_lineage.polygon_key IS 'Number of the source polygon in core.polygon.';
