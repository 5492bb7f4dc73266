-- core.place_source: whether the build has outlines of countries and of protected areas.
--
-- Grain:   one row.
-- Reads:   raw.country, raw.protected_area.
-- Caveat:  without outlines a place is unknown, which is NULL; with them a mine outside of all is 0 or offshore.
-- Method:  docs/methods.md#countries
CREATE OR REPLACE VIEW core.place_source AS
SELECT
    EXISTS(SELECT 1 FROM raw.country) AS has_countries,
    EXISTS(SELECT 1 FROM raw.protected_area) AS has_protected;

COMMENT ON VIEW core.place_source IS 'Whether the build has outlines of countries and of protected areas.';
COMMENT ON COLUMN core.place_source.has_countries IS 'Whether there are outlines of countries.';
COMMENT ON COLUMN core.place_source.has_protected IS 'Whether there are outlines of protected areas.';
