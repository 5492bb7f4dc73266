-- core.footprint_unit: which polygons of a year the continuity rule judges together.
--
-- Grain:   one row per footprint_key.
-- Reads:   core.footprint_outline, core.footprint_overlap, parameter.
-- Stored:  yes, it passes over all contacts several times.
-- Caveat:  each on its own with footprint_order = 'drop, merge, fill'; else all that meet, directly or through others.
-- Method:  docs/methods.md#continuity (Sepin et al. 2025, Methods)
CREATE OR REPLACE VIEW core.footprint_unit AS
WITH outline AS ( -- noqa: ST03
    SELECT footprint_key AS outline_key FROM core.footprint_outline
),

contact AS ( -- noqa: ST03
    SELECT
        pair.footprint_key AS outline_key,
        pair.other_key
    FROM core.footprint_overlap AS pair
    INNER JOIN main.parameter ON parameter.footprint_order = 'fill, merge, drop'
)

SELECT
    outline_key AS footprint_key,
    component_key AS unit_key
FROM core.component_of('outline', 'contact')
ORDER BY footprint_key;

COMMENT ON VIEW core.footprint_unit IS 'Which polygons of a year the continuity rule judges together.';
COMMENT ON COLUMN core.footprint_unit.footprint_key IS 'Number of the polygon.';
COMMENT ON COLUMN core.footprint_unit.unit_key IS 'Number of the unit: its smallest footprint_key.';
