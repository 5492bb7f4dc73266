-- core.has_gap: whether a union has gaps or necks as thin as a hair, which snapping it to a grid closes or cuts.
--
-- Caveat:  snapping moves every corner by up to 0.7 snap_degrees, which is nothing by itself: what counts is where
--          polygons or rings become fewer or more, or the boundary shorter by more than such moves explain.
CREATE OR REPLACE MACRO core.has_gap(united, snapped, snap_degrees) AS
snap_degrees > 0
AND NOT ST_IsEmpty(snapped)
AND (
    ST_NumGeometries(snapped) <> ST_NumGeometries(united)
    OR core.n_rings(snapped) <> core.n_rings(united)
    OR ST_Perimeter(united) - ST_Perimeter(snapped) > 2 * snap_degrees * ST_NPoints(united)
);
