-- core.country: code, name and continent of every country.
--
-- Grain:   one row per iso3.
-- Reads:   raw.country.
-- Stored:  yes, it measures every polygon, and all views of countries join it.
-- Caveat:  where several features carry one code, the largest polygon's name stands.
-- Method:  docs/methods.md#countries
CREATE OR REPLACE VIEW core.country AS
SELECT
    iso3,
    arg_max(country, (ST_Area(geometry), source_id, part)) AS country,
    arg_max(continent, (ST_Area(geometry), source_id, part)) AS continent
FROM raw.country
GROUP BY iso3
ORDER BY iso3;

COMMENT ON VIEW core.country IS 'Code, name and continent of every country.';
COMMENT ON COLUMN core.country.iso3 IS 'Three-letter country code.';
COMMENT ON COLUMN core.country.country IS 'Name of the country.';
COMMENT ON COLUMN core.country.continent IS 'Name of the continent.';
