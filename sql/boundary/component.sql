-- core.component: which source polygons form one mine, directly or through others.
--
-- Grain:   one row per polygon_key.
-- Reads:   core.polygon, core.polygon_pair.
-- Stored:  yes.
-- Caveat:  the label of a component is its smallest polygon_key; it travels from neighbour to neighbour.
-- Method:  docs/methods.md#union (Xu et al. 2025, section 2.1)
CREATE OR REPLACE VIEW core.component AS
WITH RECURSIVE labelled (polygon_key, component_key) USING KEY (polygon_key) AS (
    SELECT
        polygon_key,
        polygon_key AS component_key
    FROM core.polygon

    UNION

    SELECT
        neighbour.polygon_key,
        min(labelled.component_key) AS component_key
    FROM labelled
    INNER JOIN core.polygon_pair AS pair
        ON labelled.polygon_key = pair.polygon_key
    INNER JOIN recurring.labelled AS neighbour
        ON pair.other_key = neighbour.polygon_key
    WHERE labelled.component_key < neighbour.component_key
    GROUP BY neighbour.polygon_key
)

SELECT
    polygon_key,
    component_key
FROM labelled
ORDER BY polygon_key;

COMMENT ON VIEW core.component IS 'Which source polygons form one mine, directly or through others.';
COMMENT ON COLUMN core.component.polygon_key IS 'Number of the polygon.';
COMMENT ON COLUMN core.component.component_key IS 'Number of the component: its smallest polygon_key.';
