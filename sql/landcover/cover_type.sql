-- core.cover_type: the vegetated cover types of the legend, and which of them totals are made of.
--
-- Grain:   one row per cover_type.
-- Reads:   core.landcover_state, parameter.
-- Caveat:  the study's totals are those of five cover types; it says nothing of wetlands, which stand apart.
-- Method:  docs/methods.md#transitions (Xu et al. 2025, section 3.2 and Figure 6b)
CREATE OR REPLACE VIEW core.cover_type AS
SELECT DISTINCT
    landcover_state.cover_type,
    NOT list_contains(string_split(parameter.cover_types_apart, ', '), landcover_state.cover_type) AS is_in_totals
FROM core.landcover_state
CROSS JOIN main.parameter
WHERE landcover_state.is_vegetated;

COMMENT ON VIEW core.cover_type IS
'The vegetated cover types of the legend, and which of them totals are made of.';
COMMENT ON COLUMN core.cover_type.cover_type IS 'Cover type.';
COMMENT ON COLUMN core.cover_type.is_in_totals IS
'Whether totals over cover types count it (parameter cover_types_apart).';
