-- core.component: which source polygons form one mine, directly or through others.
--
-- Grain:   one row per polygon_key.
-- Reads:   core.polygon, core.polygon_pair.
-- Stored:  yes, it passes over all contacts several times.
-- Method:  docs/methods.md#union (Xu et al. 2025, section 2.1)
CREATE OR REPLACE VIEW core.component AS
WITH outline AS ( -- noqa: ST03
    SELECT polygon_key AS outline_key FROM core.polygon
),

contact AS ( -- noqa: ST03
    SELECT
        polygon_key AS outline_key,
        other_key
    FROM core.polygon_pair
)

SELECT
    outline_key AS polygon_key,
    component_key
FROM core.component_of('outline', 'contact')
ORDER BY polygon_key;

COMMENT ON VIEW core.component IS 'Which source polygons form one mine, directly or through others.';
COMMENT ON COLUMN core.component.polygon_key IS 'Number of the polygon.';
COMMENT ON COLUMN core.component.component_key IS 'Number of the component: its smallest polygon_key.';
