-- core.polygon_reach: each footprint polygon with the buffer within which another year's polygon confirms it.
--
-- Grain:   one row per footprint_id.
-- Reads:   core.footprint_united, parameter.
-- Caveat:  the buffer is in metres, on axes scaled at the polygon's own latitude; without one nothing is scaled.
-- Method:  docs/methods.md#continuity (Sepin et al. 2025, Methods)
CREATE OR REPLACE VIEW core.polygon_reach AS
WITH scale AS (
    SELECT
        footprint_id,
        component_key,
        year,
        geometry,
        radians((ST_YMin(geometry) + ST_YMax(geometry)) / 2) AS phi
    FROM core.footprint_united
)

SELECT
    scale.footprint_id,
    scale.component_key,
    scale.year,
    CASE
        WHEN parameter.continuity_buffer_m > 0
            THEN ST_Scale(
                ST_Buffer(
                    ST_Scale(
                        scale.geometry,
                        111412.877 * cos(scale.phi) - 93.504 * cos(3 * scale.phi),
                        111132.954 - 559.822 * cos(2 * scale.phi)
                    ),
                    parameter.continuity_buffer_m
                ),
                1 / (111412.877 * cos(scale.phi) - 93.504 * cos(3 * scale.phi)),
                1 / (111132.954 - 559.822 * cos(2 * scale.phi))
            )
        ELSE scale.geometry
    END AS geometry
FROM scale, main.parameter;

COMMENT ON VIEW core.polygon_reach IS
'Each footprint polygon with the buffer within which another year''s polygon confirms it.';
COMMENT ON COLUMN core.polygon_reach.footprint_id IS 'Id of the polygon.';
COMMENT ON COLUMN core.polygon_reach.component_key IS 'Number of the component it belongs to.';
COMMENT ON COLUMN core.polygon_reach.year IS 'Year.';
COMMENT ON COLUMN core.polygon_reach.geometry IS 'Polygon with its buffer, EPSG:4326.';
