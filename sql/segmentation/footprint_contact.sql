-- core.footprint_contact: pairs of polygons to be united: of one year and threshold, both kept or both taken out.
--
-- Grain:   one row per ordered pair.
-- Reads:   core.footprint_overlap, core.continuity.
-- Stored:  yes, the union passes over all contacts several times.
-- Caveat:  what the continuity rule takes out is never one with what it leaves. Compared by difference: as an equality
--          it would join every polygon with every other first.
-- Method:  docs/methods.md#continuity (Sepin et al. 2025, Methods)
CREATE OR REPLACE VIEW core.footprint_contact AS
SELECT
    pair.footprint_key,
    pair.other_key
FROM core.footprint_overlap AS pair
INNER JOIN core.continuity AS one ON pair.footprint_key = one.footprint_key
INNER JOIN core.continuity AS other ON pair.other_key = other.footprint_key
WHERE (one.is_continuous IS FALSE)::INTEGER - (other.is_continuous IS FALSE)::INTEGER = 0
ORDER BY pair.footprint_key, pair.other_key;

COMMENT ON VIEW core.footprint_contact IS
'Pairs of polygons to be united: of one year and threshold, both kept or both taken out.';
COMMENT ON COLUMN core.footprint_contact.footprint_key IS 'Number of the one polygon.';
COMMENT ON COLUMN core.footprint_contact.other_key IS 'Number of the other polygon.';
