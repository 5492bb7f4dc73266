-- core.continuity: whether a neighbouring year confirms each polygon.
--
-- Grain:   one row per footprint_id of core.footprint_outline.
-- Reads:   core.footprint_outline, core.footprint_unit, core.unit_span, core.continuity_pair.
-- Stored:  yes, the outlines of a year are united by it, and their areas read it again.
-- Caveat:  a year that was not seen there says nothing: is_continuous is NULL where no polygon confirms this one and
--          no neighbouring year that should exist was seen. The first and the last year have one neighbour, which
--          decides with continuity_ends = 'closed': new mining of the last year has nobody to confirm it, and is
--          false unless it meets older mining. warn_last_year_dropped says where that takes much.
-- Method:  docs/methods.md#continuity (Sepin et al. 2025, Methods)
CREATE OR REPLACE VIEW core.continuity AS
WITH confirmed AS (
    SELECT
        footprint_unit.unit_key,
        bool_or(footprint_unit.footprint_key IN (
            SELECT pair.later_key FROM core.continuity_pair AS pair
            WHERE pair.confirms_later
        )) AS has_before,
        bool_or(footprint_unit.footprint_key IN (
            SELECT pair.earlier_key FROM core.continuity_pair AS pair
            WHERE pair.confirms_earlier
        )) AS has_after
    FROM core.footprint_unit
    GROUP BY footprint_unit.unit_key
)

SELECT
    outline.footprint_id,
    outline.footprint_key,
    confirmed.has_before,
    confirmed.has_after,
    unit_span.is_before_seen,
    unit_span.is_after_seen,
    CASE
        WHEN confirmed.has_before OR confirmed.has_after THEN TRUE
        WHEN NOT unit_span.has_neighbour THEN NULL
        WHEN unit_span.is_before_seen AND unit_span.is_after_seen THEN FALSE
    END AS is_continuous
FROM core.footprint_outline AS outline
INNER JOIN core.footprint_unit ON outline.footprint_key = footprint_unit.footprint_key
INNER JOIN confirmed ON footprint_unit.unit_key = confirmed.unit_key
LEFT JOIN core.unit_span ON footprint_unit.unit_key = unit_span.unit_key
ORDER BY outline.footprint_id;

COMMENT ON VIEW core.continuity IS 'Whether a neighbouring year confirms each polygon.';
COMMENT ON COLUMN core.continuity.footprint_id IS 'Id of the polygon.';
COMMENT ON COLUMN core.continuity.footprint_key IS 'Number of the polygon.';
COMMENT ON COLUMN core.continuity.has_before IS
'Whether a polygon between the neighbouring year before and its own meets it.';
COMMENT ON COLUMN core.continuity.has_after IS
'Whether a polygon between its own year and the neighbouring year after meets it.';
COMMENT ON COLUMN core.continuity.is_before_seen IS
'Whether a neighbouring year before was seen there; true in the first year, which has none, if ends are closed.';
COMMENT ON COLUMN core.continuity.is_after_seen IS
'Whether a neighbouring year after was seen there; true in the last year, which has none, if ends are closed.';
COMMENT ON COLUMN core.continuity.is_continuous IS
'Whether a neighbouring year confirms it; NULL where that can''t be known.';
