-- core.continuity_pair: polygons of neighbouring years that meet, or come within the buffer.
--
-- Grain:   one row per polygon and polygon of a later year that confirms it or that it confirms.
-- Reads:   core.reach_square, core.unit_span, core.polygon_reach, core.footprint_outline.
-- Stored:  yes, it measures distances between the polygons of all years.
-- Caveat:  squares and boxes find who is near, as in core.footprint_overlap; both boxes have the buffer then, the
--          test itself gives it to the earlier polygon only.
-- Method:  docs/methods.md#continuity (Sepin et al. 2025, Methods)
CREATE OR REPLACE VIEW core.continuity_pair AS
WITH in_square AS MATERIALIZED (
    SELECT
        reach_square.*,
        unit_span.from_year,
        unit_span.to_year
    FROM core.reach_square
    INNER JOIN core.unit_span
        ON reach_square.unit_key = unit_span.unit_key
),

near AS MATERIALIZED (
    SELECT
        earlier.footprint_key AS earlier_key,
        later.footprint_key AS later_key,
        earlier.year >= later.from_year AS confirms_later,
        later.year <= earlier.to_year AS confirms_earlier
    FROM in_square AS earlier
    INNER JOIN in_square AS later
        ON earlier.square = later.square AND earlier.threshold IS NOT DISTINCT FROM later.threshold
    WHERE
        earlier.year < later.year
        AND (earlier.year >= later.from_year OR later.year <= earlier.to_year)
        AND earlier.xmin <= later.xmax
        AND later.xmin <= earlier.xmax
        AND earlier.ymin <= later.ymax
        AND later.ymin <= earlier.ymax
        AND earlier.square = core.box_square(
            core.box_row(greatest(earlier.xmin, later.xmin)),
            core.box_row(greatest(earlier.ymin, later.ymin))
        )
)

SELECT
    near.earlier_key,
    near.later_key,
    near.confirms_later,
    near.confirms_earlier
FROM near
INNER JOIN core.polygon_reach AS earlier ON near.earlier_key = earlier.footprint_key
INNER JOIN core.footprint_outline AS later ON near.later_key = later.footprint_key
WHERE earlier.geometry = later.geometry OR ST_Intersects(earlier.geometry, later.geometry)
ORDER BY near.earlier_key, near.later_key;

COMMENT ON VIEW core.continuity_pair IS
'Polygons of neighbouring years that meet, or come within the buffer.';
COMMENT ON COLUMN core.continuity_pair.earlier_key IS 'Number of the polygon of the earlier year.';
COMMENT ON COLUMN core.continuity_pair.later_key IS 'Number of the polygon of the later year.';
COMMENT ON COLUMN core.continuity_pair.confirms_later IS
'Whether the earlier year counts for the later polygon: no year in which it was seen lies between.';
COMMENT ON COLUMN core.continuity_pair.confirms_earlier IS
'Whether the later year counts for the earlier polygon: no year in which it was seen lies between.';
