-- core.protected_kind: what the protected areas of this build are called, and whether they are the study's.
--
-- Grain:   one row; NULL where there are no protected areas.
-- Reads:   raw.protected_area.
-- Method:  docs/methods.md#key-biodiversity-areas
CREATE OR REPLACE VIEW core.protected_kind AS
SELECT
    min(kind) AS kind,
    coalesce(min(kind) ILIKE 'key biodiversity area%', FALSE) AS is_kba
FROM raw.protected_area;

COMMENT ON VIEW core.protected_kind IS
'What the protected areas of this build are called, and whether they are the study''s.';
COMMENT ON COLUMN core.protected_kind.kind IS 'As the project file or the file''s layout says; NULL without any.';
COMMENT ON COLUMN core.protected_kind.is_kba IS 'Whether they are Key Biodiversity Areas, as in the study.';
