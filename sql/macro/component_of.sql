-- core.component_of: which outlines form one, directly or through others: the connected components of their contacts.
--
-- Caveat:  outline names a relation with outline_key, contact one with outline_key and other_key, both ways round. The
--          label of a component is its smallest outline_key; it travels from neighbour to neighbour.
CREATE OR REPLACE MACRO core.component_of(outline, contact) AS TABLE
WITH RECURSIVE labelled (outline_key, component_key) USING KEY (outline_key) AS (
    SELECT
        single.outline_key,
        single.outline_key AS component_key
    FROM query_table(outline) AS single

    UNION

    SELECT
        neighbour.outline_key,
        min(labelled.component_key) AS component_key
    FROM labelled
    INNER JOIN query_table(contact) AS pair
        ON labelled.outline_key = pair.outline_key
    INNER JOIN recurring.labelled AS neighbour
        ON pair.other_key = neighbour.outline_key
    WHERE labelled.component_key < neighbour.component_key
    GROUP BY neighbour.outline_key
)

SELECT
    outline_key,
    component_key
FROM labelled;
