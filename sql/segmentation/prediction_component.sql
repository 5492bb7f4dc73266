-- core.prediction_component: which polygons of a year form one, directly or through others.
--
-- Grain:   one row per prediction_key.
-- Reads:   core.prediction, core.prediction_overlap.
-- Stored:  yes.
-- Method:  docs/methods.md#segmentation
CREATE OR REPLACE VIEW core.prediction_component AS
WITH RECURSIVE labelled (prediction_key, component_key) USING KEY (prediction_key) AS (
    SELECT
        prediction_key,
        prediction_key AS component_key
    FROM core.prediction

    UNION

    SELECT
        neighbour.prediction_key,
        min(labelled.component_key) AS component_key
    FROM labelled
    INNER JOIN core.prediction_overlap AS pair
        ON labelled.prediction_key = pair.prediction_key
    INNER JOIN recurring.labelled AS neighbour
        ON pair.other_key = neighbour.prediction_key
    WHERE labelled.component_key < neighbour.component_key
    GROUP BY neighbour.prediction_key
)

SELECT
    prediction_key,
    component_key
FROM labelled
ORDER BY prediction_key;

COMMENT ON VIEW core.prediction_component IS
'Which polygons of a year form one, directly or through others.';
COMMENT ON COLUMN core.prediction_component.prediction_key IS 'Number of the polygon.';
COMMENT ON COLUMN core.prediction_component.component_key IS 'Number of the component: its smallest prediction_key.';
