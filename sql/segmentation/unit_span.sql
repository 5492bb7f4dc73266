-- core.unit_span: the years whose polygons may confirm a unit, and whether their absence counts.
--
-- Grain:   one row per unit_key.
-- Reads:   core.footprint_outline, core.footprint_unit, core.neighbour_year.
-- Stored:  yes, continuity and its pairs both read it.
-- Caveat:  every member of a unit must have been seen in a neighbouring year for an absence to count: the years
--          reach as far as those of any member.
-- Method:  docs/methods.md#continuity
CREATE OR REPLACE VIEW core.unit_span AS
SELECT
    footprint_unit.unit_key,
    min(neighbour_year.from_year) AS from_year,
    max(neighbour_year.to_year) AS to_year,
    bool_and(neighbour_year.is_before_seen) AS is_before_seen,
    bool_and(neighbour_year.is_after_seen) AS is_after_seen,
    bool_or(coalesce(neighbour_year.year_before, neighbour_year.year_after) IS NOT NULL) AS has_neighbour
FROM core.footprint_outline AS outline
INNER JOIN core.footprint_unit
    ON outline.footprint_key = footprint_unit.footprint_key
INNER JOIN core.neighbour_year
    ON
        outline.dataset = neighbour_year.dataset
        AND outline.year = neighbour_year.year
        AND outline.site_id IS NOT DISTINCT FROM neighbour_year.site_id
GROUP BY footprint_unit.unit_key
ORDER BY footprint_unit.unit_key;

COMMENT ON VIEW core.unit_span IS
'The years whose polygons may confirm a unit, and whether their absence counts.';
COMMENT ON COLUMN core.unit_span.unit_key IS 'Number of the unit.';
COMMENT ON COLUMN core.unit_span.from_year IS 'First year whose polygons may confirm it.';
COMMENT ON COLUMN core.unit_span.to_year IS 'Last year whose polygons may confirm it.';
COMMENT ON COLUMN core.unit_span.is_before_seen IS
'Whether all its sites were seen before, or the series begins with its year.';
COMMENT ON COLUMN core.unit_span.is_after_seen IS
'Whether all its sites were seen after, or the series ends with its year.';
COMMENT ON COLUMN core.unit_span.has_neighbour IS 'Whether any of its sites was seen in another year that counts.';
