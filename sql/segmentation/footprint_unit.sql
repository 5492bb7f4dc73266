-- core.footprint_unit: which polygons of a year the continuity rule judges together.
--
-- Grain:   one row per footprint_key.
-- Reads:   core.footprint_outline, core.footprint_overlap, parameter.
-- Stored:  yes.
-- Caveat:  each on its own with footprint_order = 'drop, merge, fill'; else all that meet, directly or through others.
-- Method:  docs/methods.md#continuity (Sepin et al. 2025, Methods)
CREATE OR REPLACE VIEW core.footprint_unit AS
WITH RECURSIVE labelled (footprint_key, unit_key) USING KEY (footprint_key) AS (
    SELECT
        footprint_key,
        footprint_key AS unit_key
    FROM core.footprint_outline

    UNION

    SELECT
        neighbour.footprint_key,
        min(labelled.unit_key) AS unit_key
    FROM labelled
    INNER JOIN core.footprint_overlap AS pair
        ON labelled.footprint_key = pair.footprint_key
    INNER JOIN recurring.labelled AS neighbour
        ON pair.other_key = neighbour.footprint_key
    WHERE
        labelled.unit_key < neighbour.unit_key
        AND (SELECT parameter.footprint_order FROM main.parameter) = 'fill, merge, drop'
    GROUP BY neighbour.footprint_key
)

SELECT
    footprint_key,
    unit_key
FROM labelled
ORDER BY footprint_key;

COMMENT ON VIEW core.footprint_unit IS 'Which polygons of a year the continuity rule judges together.';
COMMENT ON COLUMN core.footprint_unit.footprint_key IS 'Number of the polygon.';
COMMENT ON COLUMN core.footprint_unit.unit_key IS 'Number of the unit: its smallest footprint_key.';
