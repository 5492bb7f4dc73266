-- warn_union_gap: Outlines run along each other within union_snap_degrees without meeting; they were joined.
--
-- Reads:   core.component_union.
SELECT
    count(*) AS n_unions,
    sum(n_polygons_joined) AS n_polygons_joined,
    sum(n_rings_closed) AS n_rings_closed
FROM core.component_union
WHERE has_gap
HAVING count(*) > 0;
