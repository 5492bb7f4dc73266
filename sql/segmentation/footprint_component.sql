-- core.footprint_component: which polygons of a year form one, directly or through others.
--
-- Grain:   one row per footprint_key.
-- Reads:   core.footprint_outline, core.footprint_contact.
-- Stored:  yes, it passes over all contacts several times.
-- Method:  docs/methods.md#segmentation
CREATE OR REPLACE VIEW core.footprint_component AS
WITH outline AS ( -- noqa: ST03
    SELECT footprint_key AS outline_key FROM core.footprint_outline
),

contact AS ( -- noqa: ST03
    SELECT
        footprint_key AS outline_key,
        other_key
    FROM core.footprint_contact
)

SELECT
    outline_key AS footprint_key,
    component_key
FROM core.component_of('outline', 'contact')
ORDER BY footprint_key;

COMMENT ON VIEW core.footprint_component IS
'Which polygons of a year form one, directly or through others.';
COMMENT ON COLUMN core.footprint_component.footprint_key IS 'Number of the polygon.';
COMMENT ON COLUMN core.footprint_component.component_key IS 'Number of the component: its smallest footprint_key.';
