-- core.continuity: whether a neighbouring year confirms each polygon.
--
-- Grain:   one row per footprint_id of core.footprint_united.
-- Reads:   core.footprint_united, core.component_span, core.continuity_pair.
-- Stored:  yes.
-- Caveat:  a year that was not seen there says nothing: is_continuous is NULL where no polygon confirms this one and
--          no neighbouring year that should exist was seen. The first and the last year have one neighbour, which
--          decides with continuity_ends = 'closed': new mining of the last year has nobody to confirm it, and is
--          false unless it meets older mining. warn_last_year_dropped says where that takes much.
-- Method:  docs/methods.md#continuity (Sepin et al. 2025, Methods)
CREATE OR REPLACE VIEW core.continuity AS
WITH matched AS (
    SELECT
        footprint_united.footprint_id,
        footprint_united.component_key,
        footprint_united.footprint_id IN (
            SELECT pair.later_id FROM core.continuity_pair AS pair
            WHERE pair.confirms_later
        ) AS has_before,
        footprint_united.footprint_id IN (
            SELECT pair.earlier_id FROM core.continuity_pair AS pair
            WHERE pair.confirms_earlier
        ) AS has_after
    FROM core.footprint_united
)

SELECT
    matched.footprint_id,
    matched.has_before,
    matched.has_after,
    component_span.is_before_seen,
    component_span.is_after_seen,
    CASE
        WHEN matched.has_before OR matched.has_after THEN TRUE
        WHEN NOT component_span.has_neighbour THEN NULL
        WHEN component_span.is_before_seen AND component_span.is_after_seen THEN FALSE
    END AS is_continuous
FROM matched
INNER JOIN core.component_span ON matched.component_key = component_span.component_key
ORDER BY matched.footprint_id;

COMMENT ON VIEW core.continuity IS 'Whether a neighbouring year confirms each polygon.';
COMMENT ON COLUMN core.continuity.footprint_id IS 'Id of the polygon.';
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
