-- core.polygon_reach: each footprint polygon with the buffer within which another year's polygon confirms it.
--
-- Grain:   one row per footprint_key.
-- Reads:   core.footprint_outline, core.footprint_unit, parameter.
-- Caveat:  the buffer is in metres, on axes scaled at the polygon's own latitude; without one nothing is scaled.
-- Method:  docs/methods.md#continuity (Sepin et al. 2025, Methods)
CREATE OR REPLACE VIEW core.polygon_reach AS
WITH scale AS (
    SELECT
        outline.footprint_key,
        footprint_unit.unit_key,
        outline.year,
        outline.threshold,
        outline.geometry,
        radians((ST_YMin(outline.geometry) + ST_YMax(outline.geometry)) / 2) AS phi
    FROM core.footprint_outline AS outline
    INNER JOIN core.footprint_unit ON outline.footprint_key = footprint_unit.footprint_key
)

SELECT
    scale.footprint_key,
    scale.unit_key,
    scale.year,
    scale.threshold,
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
COMMENT ON COLUMN core.polygon_reach.footprint_key IS 'Number of the polygon.';
COMMENT ON COLUMN core.polygon_reach.unit_key IS 'Number of the unit it is judged in.';
COMMENT ON COLUMN core.polygon_reach.year IS 'Year.';
COMMENT ON COLUMN core.polygon_reach.threshold IS 'Threshold that it stands beside, 0-1.';
COMMENT ON COLUMN core.polygon_reach.geometry IS 'Polygon with its buffer, EPSG:4326.';
