-- core.footprint_component: which polygons of a year form one, directly or through others.
--
-- Grain:   one row per footprint_key.
-- Reads:   core.footprint_outline, core.footprint_contact.
-- Stored:  yes.
-- Method:  docs/methods.md#segmentation
CREATE OR REPLACE VIEW core.footprint_component AS
WITH RECURSIVE labelled (footprint_key, component_key) USING KEY (footprint_key) AS (
    SELECT
        footprint_key,
        footprint_key AS component_key
    FROM core.footprint_outline

    UNION

    SELECT
        neighbour.footprint_key,
        min(labelled.component_key) AS component_key
    FROM labelled
    INNER JOIN core.footprint_contact AS pair
        ON labelled.footprint_key = pair.footprint_key
    INNER JOIN recurring.labelled AS neighbour
        ON pair.other_key = neighbour.footprint_key
    WHERE labelled.component_key < neighbour.component_key
    GROUP BY neighbour.footprint_key
)

SELECT
    footprint_key,
    component_key
FROM labelled
ORDER BY footprint_key;

COMMENT ON VIEW core.footprint_component IS
'Which polygons of a year form one, directly or through others.';
COMMENT ON COLUMN core.footprint_component.footprint_key IS 'Number of the polygon.';
COMMENT ON COLUMN core.footprint_component.component_key IS 'Number of the component: its smallest footprint_key.';
