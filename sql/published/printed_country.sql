-- core.printed_country: which countries each table of the study prints by name.
--
-- Grain:   one row per section, iso3.
-- Reads:   raw.published_figure, raw.published_name.
-- Method:  docs/methods.md#published-figures
CREATE OR REPLACE VIEW core.printed_country AS
SELECT DISTINCT
    figure.section,
    published_name.key AS iso3
FROM raw.published_figure AS figure
INNER JOIN raw.published_name ON figure.scope = published_name.scope AND figure.name = published_name.name
WHERE figure.scope = 'country';

COMMENT ON VIEW core.printed_country IS 'Which countries each table of the study prints by name.';
COMMENT ON COLUMN core.printed_country.section IS 'Section or table of the study.';
COMMENT ON COLUMN core.printed_country.iso3 IS 'Three-letter country code.';
