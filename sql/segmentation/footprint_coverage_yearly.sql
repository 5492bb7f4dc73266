-- footprint_coverage_yearly: all footprints by year, inside and outside of the final mines, and what was new.
--
-- Grain:   one row per year with a footprint.
-- Reads:   core.footprint_placed, mine_footprint_yearly.
-- Caveat:  the main threshold only, discontinuous footprints left out. first_time_km2 is that inside final mines.
-- Method:  docs/methods.md#footprints-of-mines
CREATE OR REPLACE VIEW footprint_coverage_yearly AS
WITH whole AS (
    SELECT
        year,
        count(*) AS n_footprints,
        core.reproducible_sum(area_km2) AS area_km2
    FROM core.footprint_placed
    WHERE is_continuous IS DISTINCT FROM FALSE AND is_main_threshold
    GROUP BY year
),

inside AS (
    SELECT
        year,
        count(*) AS n_mines,
        core.reproducible_sum(inside_km2) AS inside_km2,
        core.reproducible_sum(first_time_km2) AS first_time_km2
    FROM mine_footprint_yearly
    GROUP BY year
)

SELECT
    whole.year,
    whole.n_footprints,
    whole.area_km2,
    coalesce(inside.n_mines, 0) AS n_mines,
    coalesce(inside.inside_km2, 0) AS inside_km2,
    greatest(whole.area_km2 - coalesce(inside.inside_km2, 0), 0) AS outside_km2,
    coalesce(inside.first_time_km2, 0) AS first_time_km2,
    sum(coalesce(inside.first_time_km2, 0)) OVER (ORDER BY whole.year) AS ever_km2
FROM whole
LEFT JOIN inside ON whole.year = inside.year
ORDER BY whole.year;

COMMENT ON VIEW footprint_coverage_yearly IS
'All footprints by year, inside and outside of the final mines, and what was new.';
COMMENT ON COLUMN footprint_coverage_yearly.year IS 'Year.';
COMMENT ON COLUMN footprint_coverage_yearly.n_footprints IS 'Number of footprints.';
COMMENT ON COLUMN footprint_coverage_yearly.area_km2 IS 'Their area, km2, on the WGS84 ellipsoid.';
COMMENT ON COLUMN footprint_coverage_yearly.n_mines IS 'Final mines that share ground with one.';
COMMENT ON COLUMN footprint_coverage_yearly.inside_km2 IS 'Footprint inside final mines, km2.';
COMMENT ON COLUMN footprint_coverage_yearly.outside_km2 IS 'Footprint outside of all final mines, km2.';
COMMENT ON COLUMN footprint_coverage_yearly.first_time_km2 IS
'Footprint inside final mines on ground that no earlier year had, km2.';
COMMENT ON COLUMN footprint_coverage_yearly.ever_km2 IS
'Ground of final mines in a footprint of this or any earlier year, km2.';
