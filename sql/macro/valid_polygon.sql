-- core.valid_polygon: an outline made valid, polygons only: edges that nearly meet can cross when they are projected.
--
-- Method:  docs/methods.md#grid
CREATE OR REPLACE MACRO core.valid_polygon(outline) AS
CASE WHEN ST_IsValid(outline) THEN outline ELSE ST_CollectionExtract(ST_MakeValid(outline), 3) END;
