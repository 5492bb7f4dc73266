-- mine_footprint_yearly: the footprint of each final mine by year, inside and outside of it, and what was new.
--
-- Grain:   one row per mine_id, year with a footprint that shares ground with the mine.
-- Reads:   core.mine, core.footprint_mine_part, core.footprint_mine_growth, core.footprint_placed.
-- Caveat:  what a footprint has outside of all final mines counts for the mine that it shares most with; footprints
--          that meet no mine are in footprint_coverage_yearly only. First-time ground is that inside the mine.
--          A year in which the mine was seen without a footprint has no row (site_history has it).
-- Method:  docs/methods.md#footprints-of-mines
CREATE OR REPLACE VIEW mine_footprint_yearly AS
WITH footprint AS (
    SELECT
        part.footprint_id,
        part.year,
        arg_max(part.mine_id, (part.area_km2, part.mine_id)) AS mine_id,
        greatest(any_value(placed.area_km2) - core.reproducible_sum(part.area_km2), 0) AS outside_km2
    FROM core.footprint_mine_part AS part
    INNER JOIN core.footprint_placed AS placed ON part.footprint_id = placed.footprint_id
    GROUP BY part.footprint_id, part.year
),

outside AS (
    SELECT
        mine_id,
        year,
        core.reproducible_sum(outside_km2) AS outside_km2
    FROM footprint
    GROUP BY mine_id, year
),

inside AS (
    SELECT
        mine_id,
        year,
        count(*) AS n_footprints,
        core.reproducible_sum(area_km2) AS inside_km2
    FROM core.footprint_mine_part
    GROUP BY mine_id, year
)

SELECT
    inside.mine_id,
    inside.year,
    inside.n_footprints,
    inside.inside_km2,
    inside.inside_km2 / mine.area_km2 AS inside_share,
    coalesce(outside.outside_km2, 0) AS outside_km2,
    greatest(growth.ever_km2 - coalesce(lag(growth.ever_km2) OVER earlier, 0), 0) AS first_time_km2,
    growth.ever_km2
FROM inside
INNER JOIN core.mine ON inside.mine_id = mine.mine_id
INNER JOIN core.footprint_mine_growth AS growth ON inside.mine_id = growth.mine_id AND inside.year = growth.year
LEFT JOIN outside ON inside.mine_id = outside.mine_id AND inside.year = outside.year
WINDOW earlier AS (PARTITION BY inside.mine_id ORDER BY inside.year)
ORDER BY inside.mine_id, inside.year;

COMMENT ON VIEW mine_footprint_yearly IS
'The footprint of each final mine by year, inside and outside of it, and what was new.';
COMMENT ON COLUMN mine_footprint_yearly.mine_id IS 'Id of the mine.';
COMMENT ON COLUMN mine_footprint_yearly.year IS 'Year of the footprint.';
COMMENT ON COLUMN mine_footprint_yearly.n_footprints IS 'Number of polygons that share ground with the mine.';
COMMENT ON COLUMN mine_footprint_yearly.inside_km2 IS 'Footprint inside the mine, km2, on the WGS84 ellipsoid.';
COMMENT ON COLUMN mine_footprint_yearly.inside_share IS 'That divided by the area of the mine, 0-1.';
COMMENT ON COLUMN mine_footprint_yearly.outside_km2 IS
'What these footprints have outside of all final mines, km2.';
COMMENT ON COLUMN mine_footprint_yearly.first_time_km2 IS
'Footprint inside the mine on ground that no earlier year had, km2; all of it in the first year.';
COMMENT ON COLUMN mine_footprint_yearly.ever_km2 IS
'Ground of the mine in a footprint of this or any earlier year, km2.';
