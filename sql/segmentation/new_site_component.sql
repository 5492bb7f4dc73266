-- core.new_site_component: which footprint polygons outside known sites, of any year, stand on one ground.
--
-- Grain:   one row per footprint_id.
-- Reads:   core.footprint_placed, parameter.
-- Stored:  yes, one spatial join, and a pass over all contacts several times.
-- Caveat:  at the main threshold, after the continuity rule. The join is by the one polygon's box, widened by two
--          snapping distances, since a distance that is no constant would cost the spatial join.
-- Method:  docs/methods.md#beyond-known-sites
CREATE OR REPLACE VIEW core.new_site_component AS
WITH outline AS MATERIALIZED (
    SELECT
        footprint.footprint_id AS outline_key,
        footprint.geometry,
        2 * parameter.union_snap_degrees AS reach_degrees,
        ST_MakeEnvelope(
            ST_XMin(footprint.geometry) - 2 * parameter.union_snap_degrees,
            ST_YMin(footprint.geometry) - 2 * parameter.union_snap_degrees,
            ST_XMax(footprint.geometry) + 2 * parameter.union_snap_degrees,
            ST_YMax(footprint.geometry) + 2 * parameter.union_snap_degrees
        ) AS box
    FROM core.footprint_placed AS footprint, main.parameter
    WHERE
        footprint.is_new_site
        AND footprint.is_main_threshold
        AND footprint.is_continuous IS DISTINCT FROM FALSE
),

contact AS MATERIALIZED ( -- noqa: ST03
    SELECT
        one.outline_key,
        other.outline_key AS other_key
    FROM outline AS one
    INNER JOIN outline AS other
        ON ST_Intersects(one.box, other.geometry)
    WHERE ST_DWithin(one.geometry, other.geometry, one.reach_degrees)
)

SELECT
    outline_key AS footprint_id,
    component_key
FROM core.component_of('outline', 'contact')
ORDER BY footprint_id;

COMMENT ON VIEW core.new_site_component IS
'Which footprint polygons outside known sites, of any year, stand on one ground.';
COMMENT ON COLUMN core.new_site_component.footprint_id IS 'Id of the polygon.';
COMMENT ON COLUMN core.new_site_component.component_key IS 'Its component: the smallest footprint_id of it.';
