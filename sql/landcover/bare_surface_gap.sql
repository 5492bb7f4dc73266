-- core.bare_surface_gap: why nothing can be said of bare surface, development and reclamation.
--
-- Grain:   one row; none without land cover.
-- Reads:   raw.landcover_class, raw.landcover_epoch, core.landcover_surface.
-- Caveat:  a legend without a mine-related class, or whose mine-related classes no mine ever shows, can't tell
--          reclaimed ground from ground that was never opened: a share of 0 would be no measurement.
-- Method:  docs/methods.md#bare-surface
CREATE OR REPLACE VIEW core.bare_surface_gap AS
SELECT
    CASE
        WHEN NOT coalesce((SELECT bool_or(class.category = 'mine-related') FROM raw.landcover_class AS class), FALSE)
            THEN 'the legend has no mine-related class'
        WHEN NOT EXISTS (SELECT 1 FROM core.landcover_surface)
            THEN 'no mine has land-cover data'
        WHEN (SELECT max(surface.mine_related_km2) FROM core.landcover_surface AS surface) = 0
            THEN 'no mine shows a mine-related class in any year'
    END AS reason
WHERE EXISTS (SELECT 1 FROM raw.landcover_epoch);

COMMENT ON VIEW core.bare_surface_gap IS
'Why nothing can be said of bare surface, development and reclamation.';
COMMENT ON COLUMN core.bare_surface_gap.reason IS 'In words; NULL where it can be said.';
