-- core.continuity_pair: polygons of consecutive years that meet, or come within the buffer.
--
-- Grain:   one row per polygon of a year and polygon of the year after.
-- Reads:   core.segmented_polygon, parameter.
-- Stored:  yes, one spatial join.
-- Caveat:  years are compared by difference in WHERE: a comparison across the join would cost the spatial join.
--          The buffer is in metres, on axes scaled at the polygon's own latitude; without one nothing is scaled.
-- Method:  docs/methods.md#continuity (Sepin et al. 2025, Methods)
CREATE OR REPLACE VIEW core.continuity_pair AS
WITH scale AS (
    SELECT
        prediction_id,
        year,
        geometry,
        radians((ST_YMin(geometry) + ST_YMax(geometry)) / 2) AS phi
    FROM core.segmented_polygon
),

reach AS (
    SELECT
        scale.prediction_id,
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
    FROM scale, main.parameter
)

SELECT
    earlier.prediction_id AS earlier_id,
    later.prediction_id AS later_id
FROM reach AS earlier
INNER JOIN core.segmented_polygon AS later
    ON ST_Intersects(earlier.geometry, later.geometry)
WHERE later.year - earlier.year = 1
ORDER BY earlier.prediction_id, later.prediction_id;

COMMENT ON VIEW core.continuity_pair IS
'Polygons of consecutive years that meet, or come within the buffer.';
COMMENT ON COLUMN core.continuity_pair.earlier_id IS 'Id of the polygon of the earlier year.';
COMMENT ON COLUMN core.continuity_pair.later_id IS 'Id of the polygon of the later year.';
