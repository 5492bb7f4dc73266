-- warn_no_mine_related_class: Bare surface, development and reclamation have no value.
--
-- Reads:   core.bare_surface_gap.
SELECT reason
FROM core.bare_surface_gap
WHERE reason IS NOT NULL;
